/**
 * Whether the standby's key opens the newest recovery point: the sealed key is really decrypted and forgotten. A point that nobody at the
 * standby can open is no point. That the key was used is recorded, as every use is.
 */
import { lack } from '../../../domain/readiness/readiness.ts';
import { recordKeyUse } from '../../points/key-uses.ts';
import { mapLimited } from '../../points/map-limited.ts';
import { openPointKey } from '../../points/point-key.ts';
import { readManifest } from '../../points/read-manifest.ts';
import { loadPinned } from '../../points/signer.ts';
import { loadSiteKeys } from '../../points/site-keys.ts';
import { openStores } from '../../storage/open-stores.ts';
import type { Look, ReadinessCheck } from '../check.ts';
import { pointsSeen } from '../points-seen.ts';

const mend = ({ context: { plan } }: Look) => `muster keys rotate ${plan.service}`;

export const opensPoint: ReadinessCheck = {
  id: 'opens-point',
  title: "The standby's key opens the newest recovery point",
  always: true,
  mend: ({ context: { plan } }) => `muster keys check ${plan.service}`,
  async ask(look) {
    const { context, to, assessment } = look;
    const { plan, planFolder } = context;
    const point = assessment?.point ?? (await pointsSeen(look))[0];
    // That there is none is said where points are looked for.
    if (!point) return { skipped: 'there is no recovery point that could be opened' };
    const nearest = plan.sites[to]?.storage ?? '';
    const others = Object.keys(plan.storage).filter((name) => name !== nearest);
    const [stores, signers, keys] = await Promise.all([
      openStores([nearest, ...others], context),
      loadPinned(plan, planFolder),
      loadSiteKeys(plan, to, context.secret),
    ]);
    const { manifest } = await readManifest(stores, plan.service, { id: point.id, sha256: point.sha256 }, signers);
    const points = manifest.keys.map((each) => each.point).sort();
    await recordKeyUse({ purpose: 'check', points, site: to }, stores, { ...context, step: 'opens-point' });
    const shut: string[] = [];
    await mapLimited(manifest.keys, 4, async (named) => {
      await openPointKey(named, plan.service, stores, signers, keys).catch((error: Error) => {
        if (error.name !== 'Refusal') throw error;
        shut.push(`${named.point}: ${error.message.split(' Try: ')[0]}`);
      });
    });
    const lacking = shut.map((why) =>
      lack('missing', 'opens-point', `${to} cannot open ${point.id}: ${why}`, mend(look)),
    );
    return {
      lacking,
      seen: `${manifest.keys.length - shut.length} of ${manifest.keys.length} keys of ${point.id} opened`,
    };
  },
};
