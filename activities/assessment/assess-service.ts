/** Activity `assess`: wires the assessment to what a worker has. */
import type { Assessment } from '../../domain/assessment.ts';
import { readSoMany, readUpTo } from '../../domain/choose-restore.ts';
import { copiesNeeded } from '../../domain/point-state.ts';
import type { AssessCall } from '../../domain/protocol.ts';
import { coldOf } from '../../domain/thaw.ts';
import { connectHost } from '../hosts/connect.ts';
import { leasesInForce } from '../lease/holders.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { partClasses } from '../points/cold-parts.ts';
import { findPoints } from '../points/find-points.ts';
import { readManifestAt } from '../points/read-manifest.ts';
import { loadPinned } from '../points/signer.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { assess } from './assess.ts';
import { defaultLimit } from './deps.ts';

export async function assessService(call: AssessCall, deps: Dependencies, signal?: AbortSignal): Promise<Assessment> {
  const { folder, overlays } = deps.plans;
  const { plan, sha256, positionOf } = await loadPlan(folder, call.service, { overlays });
  const secret = (ref: Parameters<typeof resolveSecret>[0]) => resolveSecret(ref, folder);
  const signers = await loadPinned(plan, folder);
  const restore = call.request?.restore;
  const upTo = readUpTo(call.point, restore);
  return await assess(call, {
    plan,
    sha256,
    positionOf,
    ec2: (region) => deps.aws.ec2(region),
    rds: (region) => deps.aws.rds(region),
    cloudWatch: (region) => deps.aws.cloudWatch(region),
    route53: () => deps.aws.route53(),
    host: (host) => connectHost(host, secret),
    secret,
    findPoints: async (location) => {
      const store = await openStore(plan, location, secret);
      const options = { limit: defaultLimit, newest: readSoMany(restore), copies: copiesNeeded(plan) };
      const asked = await findPoints([store], plan.service, signers, { ...options, upTo });
      // Nothing is so old: the refusal says what there is.
      const none = upTo !== undefined && asked.points.length === 0 && asked.unreachable.length === 0;
      const found = none ? await findPoints([store], plan.service, signers, options) : asked;
      const [silent] = found.unreachable;
      if (silent) throw new Error(silent.why);
      return found;
    },
    coldAt: async (location, point, components) => {
      const store = await openStore(plan, location, secret);
      const { manifest } = await readManifestAt(store, plan.service, point.id, signers);
      return coldOf(location, [...(await partClasses(store, manifest, components)).values()]);
    },
    leases: () => leasesInForce(plan, (location) => openStore(plan, location, secret), signal),
    now: () => new Date(),
    signal,
  });
}
