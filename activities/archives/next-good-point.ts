/** A part that is good nowhere: which earlier point can be restored instead. It is named, never taken by itself. */
import { Refusal } from '../../domain/errors.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import type { StepContext } from '../context.ts';
import { findPoints } from '../points/find-points.ts';
import { readManifest } from '../points/read-manifest.ts';
import { loadPinned } from '../points/signer.ts';
import type { OpenedPoint, PointWanted } from './open-point.ts';

/** The same refusal with a hint that names the point; any other error as it is. */
export async function namingNextGood(
  error: unknown,
  wanted: PointWanted,
  opened: OpenedPoint,
  context: StepContext,
): Promise<unknown> {
  if (!(error instanceof Refusal) || error.type !== 'PartCorrupted') return error;
  const next = await nextGood(error.message, wanted, opened, context).catch(() => undefined);
  if (!next) return error;
  const fact = error.message.replace(` Try: ${error.hint}`, '');
  const hint = `muster abort ${wanted.service}, then the same again with --point ${next.id}, the newest before it that does not need this part (state of ${next.takenAt}); or bring a good copy of the part back and retry.`;
  return new Refusal(error.type, fact, hint);
}

/** An incremental point may refer to the very archive that is damaged. */
async function nextGood(
  message: string,
  { service, component }: PointWanted,
  opened: OpenedPoint,
  context: StepContext,
) {
  const { stores, record, point } = opened;
  const parts = [...record.archives.flatMap((archive) => archive.parts), ...(record.index?.parts ?? [])];
  const damaged = parts.find(({ key }) => message.includes(key))?.key;
  const signers = await loadPinned(context.plan, context.planFolder);
  const options = { upTo: point, copies: copiesNeeded(context.plan) };
  const { points } = await findPoints(stores, service, signers, options);
  for (const each of points) {
    if (each.id >= point || each.state === 'quarantined' || !each.components.includes(component)) continue;
    const { manifest } = await readManifest(stores, service, each, signers);
    const needed = manifest.components.find((its) => its.component === component)?.archives ?? [];
    if (!needed.some((archive) => archive.parts.some(({ key }) => key === damaged))) return each;
  }
  return undefined;
}
