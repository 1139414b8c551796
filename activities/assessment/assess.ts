/**
 * Reads the world before a decision: facts side by side from the surviving region, each with its own short limit, and the
 * risks that follow. Changes nothing.
 *
 *     const assessment = await assess({ run, procedure: 'failover', service: 'spacetime', at }, deps);
 */

import { managedSummary } from '../../domain/databases/managed-database.ts';
import { refuseUnproven } from '../../domain/databases/proof.ts';
import { Refusal } from '../../domain/errors.ts';
import { maybeClosed } from '../../domain/fencing/lifting.ts';
import { hostSchema } from '../../domain/host.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Assessment, Fact } from '../../domain/playbook/assessment.ts';
import { rejoins, takesPoint, traitsOf } from '../../domain/playbook/procedures.ts';
import { risksOf } from '../../domain/playbook/risks.ts';
import { thawText } from '../../domain/points/thaw.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { promiseOf } from '../../domain/run/restore-request.ts';
import { assessPoints } from './assess-points.ts';
import type { AssessDeps } from './deps.ts';
import { directionOf, servingSites } from './direction.ts';
import { assessDrill } from './drill.ts';
import { coldStorage } from './facts/cold.ts';
import { fencedDatabases } from './facts/fenced.ts';
import { siteHealth } from './facts/health.ts';
import { type FoundHost, siteHosts, siteOf } from './facts/hosts.ts';
import { machineImages } from './facts/images.ts';
import { managedFacts, refuseUnpromotable } from './facts/managed-databases.ts';
import { nameNow } from './facts/name.ts';
import { outageNow } from './facts/observer.ts';
import { pointsAtLocation } from './facts/points.ts';
import { powerRight } from './facts/power.ts';
import { publicHealth } from './facts/public-health.ts';
import { replicaFacts } from './facts/replicas.ts';
import { warmCopies } from './facts/warm-copies.ts';
import { cannotFence } from './fence-prospect.ts';
import type { Finding } from './finding.ts';
import { secretsFor } from './needed-secrets.ts';
import { refuseManaged, refuseUnfit } from './planned.ts';
import { chosen, leftAside, leftAsideFact, pointFor } from './point-choice.ts';
import { readiness, refuseUnready } from './readiness.ts';
import { type RestoreTarget, restoreTarget } from './restore-target.ts';
import { standAside } from './stand-aside.ts';
import { usableHosts } from './usable-hosts.ts';

/**
 * @throws refusals before anything is changed: `ProofMissing`, `RecoveryUnderWay`, `LeaseHeld`, `SiteUnknown`, `NotServing`, `NotLossless`, `DatabaseNotPromotable`, `SecretMissing`, `ZoneNotFound`, `HostNotFound`,
 *   `HostPrerequisite`, `NoRecoveryPoint`, `PointNotFound`; a passing error when EC2 of the target does not answer
 */
export async function assess(call: AssessCall, deps: AssessDeps): Promise<Assessment> {
  // Read beside the rest: a region that is gone holds both up for the same seconds.
  const aside = standAside(call, deps);
  const reading = read(call, deps);
  reading.catch(() => {}); // heard once it is known that nothing stands aside
  await aside;
  return await reading;
}

async function read(call: AssessCall, deps: AssessDeps): Promise<Assessment> {
  const { plan } = deps;
  if (traitsOf(call.procedure).isolated) return await assessDrill(call, deps);
  if (traitsOf(call.procedure).planned) refuseUnproven(plan, call.procedure, deps.positionOf);
  const seenNames = Promise.all(plan.traffic.records.map((record) => nameNow(record, deps)));
  const { from, to } = await directionOf(call, plan, seenNames);
  const { moves: fails, hosts: usesHosts, atStandby, planned } = traitsOf(call.procedure);
  refuseManaged(call, plan, { from, to });
  if (!usesHosts) return await assessPoints(call, { from, to }, seenNames, deps);

  const points = Promise.all(Object.keys(plan.storage).map((location) => pointsAtLocation(location, deps)));
  const target = siteHosts(to, deps);
  const lost = fails ? siteHosts(from, deps) : target;
  const [names, outside, users, pointFindings, targetHosts, lostHosts, , rest] = await Promise.all([
    seenNames,
    outageNow(deps),
    publicHealth(deps),
    points,
    target,
    lost,
    secretsFor(call, { from, to }, deps),
    Promise.all([
      lost.then((found) => siteHealth(from, found.evidence, deps, atStandby && !fails ? 'idle' : 'serving')),
      fails ? target.then((found) => siteHealth(to, found.evidence, deps, 'idle')) : undefined,
      fails ? target.then((found) => powerRight('start', to, found.evidence, deps)) : undefined,
      fails ? lost.then((found) => powerRight('stop', from, found.evidence, deps)) : undefined,
      fails
        ? Promise.all([lost, target]).then(([of, its]) =>
            replicaFacts(plan, { from: of.evidence, to: its.evidence }, deps),
          )
        : [],
      Promise.all([target, points]).then(([found, seen]) => readiness(found, seen, call, to, deps)),
      fails && !atStandby ? machineImages(plan, { from, to }, deps) : undefined,
      // A planned move restores ahead by itself, and of another point.
      takesPoint(call.procedure) && (atStandby || (fails && !planned))
        ? Promise.all([target, points]).then(([found, seen]) =>
            warmCopies(found.evidence?.hosts ?? [], chosen(call, seen, plan, to), deps),
          )
        : [],
      fails ? managedFacts({ from, to }, deps) : { replicas: [], sources: [] },
      traitsOf(call.procedure).restores ? target.then((found) => fencedDatabases(to, found.evidence, deps)) : [],
    ]),
  ]);
  const [fromHealth, toHealth, startRight, stopRight, replicas, ready, images, warm, managed, closed] = rest;
  const fenced = closed.flatMap(({ evidence }) => evidence ?? []);
  const replicated = replicas.flatMap(({ evidence }) => evidence ?? []);

  if (fails) refuseBadNames(names);
  // What is to be a standby again is none yet.
  if (!rejoins(call.procedure)) refuseUnpromotable(managed.replicas, plan, to);
  const databases = managed.replicas.flatMap(({ evidence }) => evidence ?? []);
  if (planned) {
    const { storage: location } = siteOf(plan, to);
    refuseUnfit(call, { from, to }, { fromHealth, target: targetHosts, startRight, points: pointFindings, location });
  }
  const goal = restoreTarget(call, plan, to, targetHosts.evidence);
  const hosts = usableHosts(targetHosts, plan, to, goal);
  refuseUnready(ready, call.request?.restore?.bare !== undefined);
  const point = pointFor(call, pointFindings, plan, to);
  const cold = await coldStorage(point, goal.names, deps);
  const aside = leftAside(call, pointFindings, plan, to, point);

  const findings: (Finding<unknown> | undefined)[] = [
    outside,
    users,
    ...names,
    fromHealth,
    toHealth,
    ...(fails ? [lostHosts, targetHosts] : [targetHosts]),
    startRight,
    stopRight,
    ...replicas,
    ...managed.replicas,
    ...managed.sources,
    ...ready,
    ...warm,
    ...closed,
    images,
    ...pointFindings,
    leftAsideFact(aside, point),
    cold,
  ];
  const risks = risksOf({
    procedure: call.procedure,
    from,
    to,
    lostAt: Date.parse(outside.evidence?.outageStart ?? call.at),
    rpo: plan.objectives.rpo,
    copies: plan.copies,
    counts: plan.objectives.counts,
    passedOver: aside,
    thaw: cold?.evidence ? thawText(cold.evidence, promisedFor(call, plan)) : '',
    apart: point ? goal.apart(point.takenAt) : '',
    stops: goal.stops,
    elsewhere: goal.elsewhere,
    opens: goal.stops && !call.request?.restore?.bare ? opened(goal, plan, hosts, fenced) : [],
    point,
    targetLocation: siteOf(plan, to).storage,
    fromHealthy: fromHealth.evidence,
    namesAt: servingSites(names),
    unready: names.flatMap(({ evidence }) => evidence?.unready ?? []),
    cannotFence: cannotFence(plan, from, fromHealth.evidence, stopRight),
    missingHosts: targetHosts.evidence?.missing ?? [],
    observed: outside.evidence !== undefined,
    replicas: replicated,
    managed: databases,
  });
  return {
    service: plan.service,
    procedure: call.procedure,
    from,
    to,
    at: call.at,
    plan: deps.sha256,
    facts: findings.flatMap((each): Fact[] => (each ? [each.fact] : [])),
    risks,
    hosts: [...hosts, ...(fails ? (lostHosts.evidence?.hosts ?? []) : [])].map((host) => hostSchema.parse(host)),
    point,
    ...(cold?.evidence ? { cold: cold.evidence } : {}),
    ...(replicated.length > 0 ? { replicas: replicated.map(({ component, usable }) => ({ component, usable })) } : {}),
    ...(warm.length > 0 ? { warm: warm.flatMap(({ evidence }) => evidence ?? []) } : {}),
    ...(databases.length > 0 ? { managed: databases.map(managedSummary) } : {}),
    ...(fenced.length > 0 ? { fenced } : {}),
    ...(fails ? { on: hosts.filter(mayRun).map(({ address }) => address) } : {}),
    serving: servingSites(names),
    outageStart: outside.evidence?.outageStart,
  };
}

function opened(
  { names }: RestoreTarget,
  plan: Plan,
  hosts: readonly FoundHost[],
  fenced: Assessment['fenced'],
): string[] {
  const components = plan.components.filter(({ name }) => names.includes(name));
  return [...new Set(maybeClosed(components, hosts, fenced).map(({ database }) => database.component))];
}

/** One that boots may be there before the run is; one that is stopping will not. */
function mayRun({ state, address }: FoundHost): boolean {
  return address !== '' && ['pending', 'running', 'unknown'].includes(state);
}

function refuseBadNames(names: readonly Finding<unknown>[]): void {
  for (const { error } of names) {
    if (error instanceof Refusal && ['ZoneNotFound', 'RecordIsRouted', 'RecordNotAsPlanned'].includes(error.type))
      throw error;
  }
}

/** ms at most, where the plan promises any. */
function promisedFor({ procedure, request }: AssessCall, plan: Plan): number | undefined {
  const { restore } = request ?? {};
  return plan.objectives.rto[restore && !traitsOf(procedure).moves ? promiseOf(restore) : procedure]?.maximum;
}
