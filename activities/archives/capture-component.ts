/** Step `captureComponent`: a component goes from its host straight to the nearest store; the worker only signs URLs. */

import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { type Host, hostSchema } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import { layout, pointIdSchema } from '../../domain/points/recovery-point.ts';
import { backupKinds } from '../../domain/run/requests.ts';
import type { StepContext } from '../context.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { sweepJobs } from '../hosts/sweep-jobs.ts';
import { basePoint } from '../points/base-point.ts';
import { type Captured, outputOf, preparedSchema } from '../points/prepared.ts';
import { loadPinned, sha256Of } from '../points/signer.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { captureShell } from './by-hand.ts';
import { recordOf, whyFull } from './capture-results.ts';
import { componentInput } from './component-input.ts';
import type { ComponentDriver } from './driver.ts';
import { driverFor } from './drivers.ts';
import { answerPuts } from './put-urls.ts';

const input = z.object({
  service: z.string(),
  point: pointIdSchema,
  component: componentInput,
  host: hostSchema,
  /** The nearest storage location. */
  location: z.string(),
  /** `incremental`: what has not changed since the newest point is left to that point's archives, by drivers that can. */
  kind: z.enum(backupKinds).optional(),
  /** The point's public certificate; without it the one of the `preparePoint` step before. */
  pointCertificate: z.string().optional(),
});

/** ms that the folder of an ended job is kept on a host, for people who look into it. */
const keepJobs = 14 * 86_400_000;

export const captureComponent = defineStep({
  kind: 'captureComponent',
  version: 1,
  input,
  title: ({ component, host }) => `Capture ${component.name} (${component.driver}) from ${host.name}`,
  shell: ({ component, host, service, location }) => captureShell(component, host, service, location),
  limits: { startToClose: 6 * 3_600_000 },
  async run(
    { service, point: planned, component, host, location, pointCertificate, kind },
    context,
  ): Promise<Captured> {
    const prepared = pointCertificate ? undefined : outputOf(preparedSchema, context.outputs, 'preparePoint');
    const point = prepared?.point ?? planned;
    const certificate = pointCertificate ?? prepared?.certificate ?? '';
    const store = await context.store(location);
    // No sealed key, no backup: nobody could ever open it.
    const sealedKey = prepared?.sealedKey.key ?? layout.sealedKey(service, point, 1);
    if ((await store.head(sealedKey)) === undefined) {
      throw refusal('KeyMissing', `${location} does not have ${sealedKey}.`, 'start the backup again.');
    }
    const driver = driverFor(component);
    const found =
      kind === 'incremental'
        ? await baseFor(driver, { service, before: point, component, host }, store, context)
        : undefined;
    const base = found && 'record' in found ? { point: found.manifest.id, record: found.record } : undefined;
    const parts = await driver.capture(component, {
      point,
      base,
      kind,
      secret: context.secret,
      storage: context.plan.storage,
    });
    const executor = await context.host(host);
    // Backups come by often and are in no hurry; a sweep that fails holds none of them up.
    await sweepJobs(executor, keepJobs).catch((error) =>
      context.log('old host jobs were not swept', { error: `${error}` }),
    );
    const { results } = await runHostJob(
      context,
      executor,
      {
        script: parts.script,
        params: { ...parts.params, 'certificate.pem': certificate },
        secrets: parts.secrets,
        lock: `component-${component.name}`,
      },
      { onLine: answerPuts({ service, point, component: component.name, store }) },
    );
    const record = recordOf({ service, point, component, host, base }, results, driver.facts(component, results));
    const bytes = Buffer.from(`${JSON.stringify(record, undefined, 1)}\n`);
    const recordSha256 = sha256Of(bytes);
    const key = layout.record(service, point, component.name, recordSha256.slice(0, 12));
    context.assertCurrent();
    await store.putIfAbsent(key, bytes);
    const whyNot =
      found && 'why' in found ? found.why : (whyFull(results) ?? (base && `nothing is as it was at ${base.point}`));
    return {
      outcome: record.base ? `incremental on ${record.base}` : whyNot ? `full, because ${whyNot}` : 'full',
      component: component.name,
      record: key,
      recordSha256,
      bytes: record.bytes,
      storedBytes: record.storedBytes,
      entries: record.entries,
      warnings: record.warnings.length,
      takenAt: record.takenAt,
    };
  },
});

/** Dumps are whole by nature, so for them an incremental capture is a full one and no reason needs to be given. */
async function baseFor(
  driver: ComponentDriver,
  { component, ...wanted }: { service: string; before: string; component: Component; host: Host },
  store: ObjectStore,
  context: StepContext,
) {
  if (!driver.incremental) return undefined;
  const signers = await loadPinned(context.plan, context.planFolder);
  return await basePoint(store, { ...wanted, component: component.name }, signers);
}
