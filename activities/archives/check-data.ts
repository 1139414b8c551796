/** Step `checkData`: what is there now against the recovery point: answers of the dump's snapshot, files against the index. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { defineStep } from '../step.ts';
import { componentInput, nameOfPoint, pointOf, pointSource } from './component-input.ts';
import { driverFor } from './drivers.ts';
import { answerGets, getParams } from './get-urls.ts';
import { openPoint } from './open-point.ts';
import { verifyShell } from './shell.ts';

const input = z.object({
  service: z.string(),
  point: pointSource,
  component: componentInput,
  host: hostSchema,
  site: z.string(),
  locations: z.array(z.string()).min(1),
  /** As the restore was given them. */
  into: z.string().optional(),
  paths: z.array(z.string()).optional(),
});

export interface Checked {
  readonly outcome: string;
  /** Queries, or files and folders, that were compared. */
  readonly compared: number;
  /** What differs and may: files the service has written since. */
  readonly noted: string[];
}

export const checkData = defineStep({
  kind: 'checkData',
  version: 1,
  changes: false,
  input,
  title: ({ component, host, point }) => `Check ${component.name} on ${host.name} against ${nameOfPoint(point)}`,
  shell: ({ component, host, into, paths }) => verifyShell(component, host, { into, paths }),
  limits: { startToClose: 1_800_000 },
  /** Refusal `DataDiffers` with the first differences. */
  async run({ service, point: source, component, host, site, locations, into, paths }, context): Promise<Checked> {
    const point = pointOf(source, context.outputs);
    const wanted = { service, point, component: component.name, site, locations };
    const opened = await openPoint(wanted, context);
    const { manifest, record } = opened;
    const driver = driverFor(component);
    const parts = await driver.verify(component, record, manifest.finishedAt, { secret: context.secret, into, paths });
    const fetch = parts.needsKey ? await getParams(opened, 'index') : {};
    const { results } = await runHostJob(
      context,
      await context.host(host),
      {
        script: parts.script,
        params: { ...parts.params, ...fetch },
        secrets: {
          ...parts.secrets,
          ...(parts.needsKey ? await opened.keys('index', { purpose: 'check', host: host.name }) : {}),
        },
      },
      { onLine: answerGets(opened) },
    );
    const { compared, wrong, noted } = driver.judge(component, record, results);
    if (wrong.length > 0) {
      throw refusal(
        'DataDiffers',
        `${wrong.slice(0, 5).join('; ')}.`,
        'restore the component again or use another recovery point; skip with a reason if the difference is known.',
        { host: host.name, step: context.step },
      );
    }
    return { outcome: `${compared} compared`, compared, noted };
  },
});
