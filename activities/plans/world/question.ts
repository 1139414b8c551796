/** One question to the world about what a plan speaks of, and how its answer or its failure becomes a finding. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Route53Client } from '@aws-sdk/client-route-53';
import { Refusal } from '../../../domain/errors.ts';
import type { SecretRef } from '../../../domain/plan/values.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { withLimit } from '../../waiting.ts';
import type { PlanFinding } from '../check-secrets.ts';

/** Something that the plan speaks of, and how the world is asked about it. */
export interface WorldQuestion {
  readonly what: string;
  /** What it is when plan and world agree. */
  readonly good: string;
  /** Resolves with what differs, within `limit`; what cannot be asked is a finding too. */
  ask(): Promise<PlanFinding[]>;
}

export interface WorldClients {
  ec2(region: string): Promise<EC2Client>;
  rds(region: string): Promise<RDSClient>;
  route53(): Promise<Route53Client>;
  store(location: string): Promise<ObjectStore>;
  secret(ref: SecretRef): Promise<string>;
  /** Folder against which relative files of the plan are resolved. */
  readonly planFolder: string;
  now(): Date;
  /** ms for each question; default 5000. */
  readonly limit?: number;
}

/** One for each thing: within the limit, and what fails is a finding too. */
export function questions<Thing extends Pick<WorldQuestion, 'what' | 'good'> & { readonly path: string }>(
  things: readonly Thing[],
  clients: WorldClients,
  look: (thing: Thing, signal: AbortSignal) => Promise<PlanFinding[]>,
): WorldQuestion[] {
  return things.map((thing) => ({
    what: thing.what,
    good: thing.good,
    ask: () =>
      withLimit(clients.limit ?? 5_000, undefined, (signal) => look(thing, signal)).catch((error) => [
        finding(thing.path, error),
      ]),
  }));
}

export function finding(path: string, error: unknown): PlanFinding {
  if (error instanceof Refusal)
    return { path, fact: error.message.split(' Try: ')[0] ?? error.message, hint: error.hint };
  return {
    path,
    fact: `It could not be asked: ${messageOf(error).split(' Try: ')[0]}.`,
    hint: 'check the network and the service, and ask again.',
  };
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
