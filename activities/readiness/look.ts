/**
 * A look at the readiness of a service: could the standby take over now? A failover is assessed and compiled, each of its steps is asked by
 * dry run, and then each check under `checks/`. Nothing of the service is changed.
 */
import type { Client } from '@temporalio/client';
import type { Plan } from '../../domain/plan/plan.ts';
import { readinessSchema } from '../../domain/plan/readiness.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import { pointsOfADay } from '../../domain/readiness/compliance.ts';
import { type Lacking, worstFirst } from '../../domain/readiness/readiness.ts';
import type { CheckAnswer, ReadinessResult } from '../../domain/readiness/result.ts';
import { firstToMend, scoreOf } from '../../domain/readiness/score.ts';
import type { AwsClients } from '../clients/aws.ts';
import type { StepContext } from '../context.ts';
import { findPoints } from '../points/find-points.ts';
import { loadPinned } from '../points/signer.ts';
import type { TemporalPlace } from '../temporal/settings.ts';
import { askCheck, type Look } from './check.ts';
import { readinessChecks } from './checks/index.ts';
import { askFailover } from './failover.ts';
import { lookContext } from './look-context.ts';

export interface LookAsked {
  /** The site that would be lost, and the standby. */
  readonly from: string;
  readonly to: string;
}

/** What a look is made with. */
export interface LookDeps {
  readonly plan: Plan;
  readonly sha256: string;
  positionOf?(path: readonly PropertyKey[]): string;
  readonly planFolder: string;
  readonly aws: AwsClients;
  readonly temporal?: Client;
  readonly temporalPlace?: TemporalPlace;
  /** Task queue of the worker that looks. */
  readonly queue?: string;
  readonly signal?: AbortSignal;
}

/** ms for all of it. */
const limit = 90_000;
/** Points that are read at most. */
const mostPoints = 400;

/** @throws ServesThere, and what is wrong with the question or the plan; what the world lacks is in the answer */
export async function lookAtReadiness({ from, to }: LookAsked, deps: LookDeps): Promise<ReadinessResult> {
  const { plan, sha256, planFolder, aws, queue } = deps;
  const now = new Date();
  const signal = AbortSignal.any([AbortSignal.timeout(limit), ...(deps.signal ? [deps.signal] : [])]);
  const { context, close } = lookContext(plan, planFolder, signal, aws);
  try {
    const { secret } = context;
    const sight = {
      ...{ plan, sha256, folder: planFolder, secret, aws },
      ...(deps.positionOf ? { positionOf: deps.positionOf } : {}),
      store: context.store,
    };
    const { assessment, lacking: ofFailover } = await askFailover({ from, to }, sight, context);
    const look: Look = {
      ...{ context, sha256, from, to, now, settings: plan.readiness ?? readinessSchema.parse({}) },
      ...(assessment ? { assessment } : {}),
      ...(deps.temporal ? { temporal: deps.temporal } : {}),
      ...(deps.temporalPlace ? { temporalPlace: deps.temporalPlace } : {}),
      ...(queue === undefined ? {} : { queue }),
      points: once(() => pointsOf(plan, context, now)),
      serviceQuotas: (region) => aws.serviceQuotas(region),
    };
    const asked = readinessChecks.filter(({ always }) => plan.readiness || always);
    const checks = await Promise.all(asked.map((check) => askCheck(check, look)));
    const lacking = worstFirst([...ofFailover, ...checks.flatMap((each) => each.lacking)]);
    const first = firstToMend(lacking);
    return {
      ...{ format: 1, service: plan.service, from, to, at: now.toISOString() },
      ...{ ready: lacking.length === 0, score: scoreOf(lacking), lacking },
      ...(first ? { first } : {}),
      ...(assessment?.point ? { point: assessment.point.id } : {}),
      ...{ plan: sha256, checks: [failoverAnswer(ofFailover), ...checks] },
      ...(queue === undefined ? {} : { queue }),
    };
  } finally {
    await close();
  }
}

function failoverAnswer(lacking: readonly Lacking[]): CheckAnswer {
  const state = lacking.length > 0 ? 'lacking' : 'good';
  const seen = 'assessed and compiled now, each step asked by dry run';
  return { id: 'failover', title: 'What a failover needs', state, seen, lacking: [...lacking], took: 0 };
}

async function pointsOf(plan: Plan, context: StepContext, now: Date) {
  const signers = await loadPinned(plan, context.planFolder);
  const names = Object.keys(plan.storage);
  const opened = await Promise.allSettled(names.map((name) => context.store(name)));
  const stores = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const closed = opened.flatMap((each, index) =>
    each.status === 'rejected' ? [{ location: names[index] ?? '', why: String(each.reason) }] : [],
  );
  const newest = Math.min(mostPoints, pointsOfADay(plan, now.getTime()));
  const options = { newest, limit: 12_000, copies: copiesNeeded(plan) };
  const found = await findPoints(stores, plan.service, signers, options);
  return { ...found, unreachable: [...closed, ...found.unreachable] };
}

/** Asked by several checks, done for the first. */
function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= work();
    return made;
  };
}
