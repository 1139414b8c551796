/** What a step is given besides its input. Built by the worker around Temporal's activity context; by tests by hand. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { Client } from '@temporalio/client';
import type { Host } from '../domain/host.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { SecretRef } from '../domain/plan/values.ts';
import type { HostExecutor } from './hosts/executor.ts';
import type { ObjectStore } from './storage/store.ts';

export interface StepContext {
  /** Muster's run id, the step's id, and the operator's generation: together the key of a host job. */
  readonly run: string;
  readonly step: string;
  readonly generation: number;
  /** Temporal's attempt within the generation, from 1. */
  readonly attempt: number;
  readonly service: string;
  /** Outputs of the steps named in `needs`, by step id. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Aborted on cancel, timeout and worker shutdown. */
  readonly signal: AbortSignal;
  /** Details of the last heartbeat of an earlier attempt. */
  readonly resumeFrom: unknown;
  /** Says that the step is alive, with small progress details. Throttled; call it freely. */
  heartbeat(progress?: Progress): void;
  /**
   * Throws `Superseded` when this attempt may have been given up by the server (no heartbeat got through within the
   * heartbeat limit, for example after a freeze). Call it right before every change.
   */
  assertCurrent(): void;
  /** Reads a secret; throws `SecretMissing` naming the reference, never the value. */
  secret(ref: SecretRef): Promise<string>;
  ec2(region: string): Promise<EC2Client>;
  rds(region: string): Promise<RDSClient>;
  cloudWatch(region: string): Promise<CloudWatchClient>;
  route53(): Promise<Route53Client>;
  /** The plan's storage location by name. */
  store(location: string): Promise<ObjectStore>;
  /** Other runs of the service that may be reading or writing recovery points, in words. @throws TemporalUnknown */
  otherRuns(): Promise<string[]>;
  /** The script that carries out a failover as it would be now: compiled from every kind of step, which no step can import. */
  failoverScript(move: Move, signal: AbortSignal): Promise<MoveScript>;
  /** The worker's own connection to Temporal, where it has one. */
  readonly temporal?: Client | undefined;
  /** SSH (or local) access to a host, host key verified. Closed when the step ends. */
  host(host: Host): Promise<HostExecutor>;
  /** The plan as this worker has it: for references to keys and locations only; decisions are in the input. */
  readonly plan: Plan;
  /** Folder against which relative `file` references are resolved. */
  readonly planFolder: string;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** Names of sites. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

export interface MoveScript {
  readonly text: string;
  /** The recovery point that it restores, where it restores one. */
  readonly point?: string;
}

export interface Progress {
  /** `1.2 of 2.0 GB`, for people. */
  readonly text?: string;
  /** 0 to 1 */
  readonly done?: number;
  /** Whatever the next attempt needs to go on. Small. */
  readonly resume?: unknown;
}
