/** What the assessment reads the world with. The worker hands in real clients; nothing here is changed. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { Host } from '../../domain/host.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { PointSummary } from '../../domain/playbook/assessment.ts';
import type { SeenPoint } from '../../domain/points/point-state.ts';
import type { Cold } from '../../domain/points/thaw.ts';
import type { HostExecutor } from '../hosts/executor.ts';
import type { LeaseAt } from '../lease/holders.ts';

interface LocationPoints {
  /** Manifest and signature are good. */
  readonly points: readonly SeenPoint[];
  readonly refused: readonly { readonly id: string; readonly type: string }[];
}

export interface AssessDeps {
  readonly plan: Plan;
  /** SHA-256 of the plan, hex, as `loadPlan` gives it. */
  readonly sha256: string;
  /** `plans/shop.yaml:12:5` of a path in it. */
  positionOf?(path: readonly PropertyKey[]): string;
  ec2(region: string): Promise<EC2Client>;
  rds(region: string): Promise<RDSClient>;
  cloudWatch(region: string): Promise<CloudWatchClient>;
  route53(): Promise<Route53Client>;
  /** Opens an executor; the assessment closes it. */
  host(host: Host): Promise<HostExecutor>;
  secret(ref: SecretRef): Promise<string>;
  /** Recovery points at one location, each naming just this location; rejects when the location does not answer. */
  findPoints(location: string, signal: AbortSignal): Promise<LocationPoints>;
  /** What of a point is in cold storage at one location; absent where stores have no such thing. */
  coldAt?(location: string, point: PointSummary, components: readonly string[]): Promise<Cold | undefined>;
  /** Leases in force beside the sites; absent where nothing stands aside. */
  leases?(): Promise<readonly LeaseAt[]>;
  now(): Date;
  /** ms for each fact; default 4000. A region that hangs costs this once, or twice where one fact needs another. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export const defaultLimit = 4_000;

/** What a look at the names needs. */
export type NameDeps = Pick<AssessDeps, 'plan' | 'route53' | 'limit' | 'signal'>;

export function limitsOf(deps: Pick<AssessDeps, 'limit' | 'signal'>): { limit: number; signal?: AbortSignal } {
  return { limit: deps.limit ?? defaultLimit, signal: deps.signal };
}
