/** Muster's own steps, as a run calls them, without a Temporal server between. */
import { captureComponent } from '../../activities/archives/capture-component.ts';
import { restoreComponent } from '../../activities/archives/restore-component.ts';
import { commitPoint } from '../../activities/points/commit-point.ts';
import { preparePoint } from '../../activities/points/prepare-point.ts';
import type { Component } from '../../domain/plan/component.ts';
import { newRun, type TestHost, type World } from '../activities/points/world.ts';

export interface BenchPoint {
  readonly id: string;
  readonly sha256: string;
}

export async function musterBackup(
  world: World,
  host: TestHost,
  id: string,
  kind: 'full' | 'incremental' = 'full',
): Promise<BenchPoint> {
  const service = world.plan.service;
  const run = newRun();
  const component = world.plan.components[0] as Component;
  const prepare = await preparePoint.run({ service, point: id, locations: ['near'] }, await world.context({ run }));
  const capture = await captureComponent.run(
    { service, point: id, component, host: host.host, location: 'near', kind },
    await world.context({ run, step: 'capture', outputs: { prepare } }, host),
  );
  const committed = await commitPoint.run(
    { service, point: id, site: 'east', label: 'bench', location: 'near' },
    await world.context({ run, step: 'commit', outputs: { prepare, capture } }),
  );
  if (kind === 'incremental' && !capture.outcome?.startsWith('incremental')) throw new Error(capture.outcome);
  return { id, sha256: committed.manifestSha256 };
}

/** Onto a host of its own, where it stays: see `race`. */
export async function musterRestore(
  world: World,
  target: TestHost,
  point: BenchPoint,
  paths?: string[],
): Promise<void> {
  const component = world.plan.components[0] as Component;
  await restoreComponent.run(
    { service: world.plan.service, point, component, host: target.host, site: 'east', locations: ['near'], paths },
    await world.context({ run: newRun(), step: 'restore' }, target),
  );
}
