/** Activity `assess`: wires the assessment to what a worker has. */

import { assessedAs } from '../../domain/drills/assessed-as.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import { readSoMany, readUpTo } from '../../domain/points/choose-restore.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import { coldOf } from '../../domain/points/thaw.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
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
import type { ObjectStore } from '../storage/store.ts';
import { assess } from './assess.ts';
import { type AssessDeps, defaultLimit } from './deps.ts';

export async function assessService(call: AssessCall, deps: Dependencies, signal?: AbortSignal): Promise<Assessment> {
  const { folder, overlays } = deps.plans;
  const { plan, sha256, positionOf } = await loadPlan(folder, call.service, { overlays });
  const secret: Sight['secret'] = (ref) => resolveSecret(ref, folder);
  const store = (location: string) => openStore(plan, location, secret);
  return await assessWith(call, { plan, sha256, positionOf, folder, secret, store, aws: deps.aws }, signal);
}

/** What the world is seen with. */
export interface Sight extends Pick<AssessDeps, 'plan' | 'sha256' | 'positionOf' | 'secret'> {
  /** The plan's. */
  readonly folder: string;
  readonly aws: Pick<AssessDeps, 'ec2' | 'rds' | 'cloudWatch' | 'route53'>;
  store(location: string): Promise<ObjectStore>;
}

export async function assessWith(call: AssessCall, sight: Sight, signal?: AbortSignal): Promise<Assessment> {
  const { plan, sha256, positionOf, folder, secret, aws } = sight;
  const open = (location: string) => sight.store(location);
  const signers = await loadPinned(plan, folder);
  const restore = call.request?.restore;
  const upTo = readUpTo(call.point, restore);
  const assessment = await assess(
    { ...call, procedure: assessedAs(plan, call) },
    {
      plan,
      sha256,
      positionOf,
      ec2: (region) => aws.ec2(region),
      rds: (region) => aws.rds(region),
      cloudWatch: (region) => aws.cloudWatch(region),
      route53: () => aws.route53(),
      host: (host) => connectHost(host, secret),
      secret,
      findPoints: async (location) => {
        const store = await open(location);
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
        const store = await open(location);
        const { manifest } = await readManifestAt(store, plan.service, point.id, signers);
        return coldOf(location, [...(await partClasses(store, manifest, components)).values()]);
      },
      leases: () => leasesInForce(plan, open, signal),
      now: () => new Date(),
      signal,
    },
  );
  return { ...assessment, procedure: call.procedure };
}
