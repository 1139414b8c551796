/** Points that refer to parts which another point has lost: they have lost them too, and must not wait for a look of their own. */
import { layout } from '../../../domain/points/recovery-point.ts';
import type { Verification } from '../../../domain/points/verification.ts';
import type { StepContext } from '../../context.ts';
import { mapLimited } from '../map-limited.ts';
import { manifestsOf } from './manifests.ts';
import { addMarks, marksAt } from './marks.ts';
import { describeLoss, objectsOf } from './objects.ts';
import type { VerifyTask } from './verify-point.ts';

/** @param lostKeys  what is good nowhere. Out: the other points that need any of it, quarantined now. */
export async function quarantineSharers(
  id: string,
  lostKeys: readonly string[],
  ids: readonly string[],
  { service, stores, signers }: VerifyTask,
  context: StepContext,
): Promise<Verification['quarantined']> {
  const lost = new Set(lostKeys.filter((key) => key.startsWith(layout.archives(service))));
  if (lost.size === 0) return [];
  const others = ids.filter((other) => other !== id);
  const found = await mapLimited(others, 4, async (other) => {
    context.heartbeat({ text: `looking whether ${other} needs what is lost` });
    const marks = await marksAt(stores, service, other, signers);
    const { believed } = await manifestsOf(stores, service, other, signers, marks.marks);
    const needed = believed
      ? objectsOf(believed.manifest, believed.manifest.keys.map(asObject)).filter(({ key }) => lost.has(key))
      : [];
    if (!believed || needed.length === 0) return [];
    const what = describeLoss(believed.manifest, needed);
    const how = `shares with ${id} what is good at no location that answered: ${what.join('; ')}`.slice(0, 1_000);
    const locations = stores.map(({ location }) => location);
    await addMarks(
      { id: other, sha256: believed.sha256, service },
      [{ state: 'quarantined', locations, depth: 'hashes', how }],
      marks.marks,
      stores,
      context,
    );
    return [{ point: other, lost: what }];
  });
  return found.flat();
}

/** Which envelope it is does not matter here: a lost key is lost for every point that it opens. */
const asObject = ({ key, sha256, point }: { key: string; sha256: string; point: string }) => ({
  ...{ key, sha256 },
  what: `sealed key of ${point}`,
});
