/** What a restore would overwrite: what is there now against the recovery point. Reads only; for the preview. */
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { StepContext } from '../context.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { driverFor } from './drivers.ts';
import { answerGets, getParams } from './get-urls.ts';
import { openPoint, type PointWanted } from './open-point.ts';

export interface ToOverwrite {
  readonly component: string;
  readonly host: string;
  /** Bytes that the point brings back, of the whole component. */
  readonly bytes: number;
  /** Files, folders or queries that were compared. */
  readonly compared: number;
  /** What differs, is missing or is more than the point has: counts, and the first of each. Empty when nothing would change. */
  readonly differences: readonly string[];
}

interface Comparison extends Omit<PointWanted, 'component'> {
  readonly component: Component;
  readonly host: Host;
  readonly paths?: readonly string[];
}

/** Refusals of `openPoint`, and what stands in the way on the host. */
export async function comparePresent(wanted: Comparison, context: StepContext): Promise<ToOverwrite> {
  const { component, host, paths } = wanted;
  const opened = await openPoint({ ...wanted, component: component.name }, context);
  const { manifest, record } = opened;
  const driver = driverFor(component);
  const parts = await driver.verify(component, record, manifest.finishedAt, { secret: context.secret, paths });
  const { results } = await runHostJob(
    context,
    await context.host(host),
    {
      script: parts.script,
      params: { ...parts.params, ...(parts.needsKey ? await getParams(opened, 'index') : {}) },
      secrets: parts.needsKey ? await opened.keys('index', { purpose: 'check', host: host.name }) : {},
    },
    { onLine: answerGets(opened) },
  );
  const { compared, wrong, noted } = driver.judge(component, record, results);
  return {
    component: component.name,
    host: host.name,
    bytes: record.bytes,
    compared,
    differences: [...wrong, ...noted],
  };
}
