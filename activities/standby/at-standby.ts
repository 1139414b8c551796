/** Whether a site is a standby at this moment, and nobody recovers the service: asked right before anything is changed there ahead of need. */
import { refusal } from '../../domain/errors.ts';
import { describeHolder } from '../../domain/run/lease.ts';
import { placesOf, servingSites, undecided } from '../assessment/direction.ts';
import { nameNow } from '../assessment/facts/name.ts';
import { passing } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { holdersIn, leasesInForce } from '../lease/holders.ts';

/** ms between looks while something is changed. */
const lookEvery = 3_000;

/**
 * @throws ServesThere, NotServing (a name leads nowhere, as in the middle of a recovery, or to several sites), RecoveryUnderWay; passing
 *   where a name or the lease beside the site cannot be read: who cannot be asked may have moved it
 */
export async function assertStandby(site: string, context: StepContext): Promise<void> {
  const { plan, signal } = context;
  const deps = { plan, signal, route53: () => context.route53() };
  const names = await Promise.all(plan.traffic.records.map((record) => nameNow(record, deps)));
  // Last: a name may take seconds to read, and a recovery says the lease first.
  await assertNoRecovery(site, context);
  const unread = names.find(({ evidence }) => !evidence);
  if (unread) {
    throw passing(
      'NameUnknown',
      `${unread.fact.title}: ${unread.fact.value}.`,
      `wait: it is tried again. Nothing is changed at ${site} while it may be what serves.`,
      unread.error,
    );
  }
  const serving = servingSites(names);
  if (serving.includes(site)) {
    throw refusal(
      'ServesThere',
      `The names of ${plan.service} lead to ${serving.join(' and ')}: ${site} serves.`,
      `muster sync ${plan.service}, without a site, takes the one that does not serve.`,
    );
  }
  // A name that two sites share may lead users here as well.
  const [divided] = undecided(names);
  if (serving.length === 0 || divided) {
    const lead = serving.length > 0 && divided ? divided : `The names of ${plan.service} lead to ${placesOf(serving)}`;
    throw refusal(
      'NotServing',
      `${lead}: which one is the standby is not known.`,
      'wait for the recovery that moves them.',
    );
  }
}

/** @throws RecoveryUnderWay; LeaseSilent (passing) */
export async function assertNoRecovery(site: string, context: StepContext): Promise<void> {
  const { plan } = context;
  const seen = await leasesInForce(plan, (location) => context.store(location), context.signal);
  const [holder] = holdersIn(seen).filter(({ run, settled }) => run !== context.run && !settled);
  if (holder) {
    throw refusal(
      'RecoveryUnderWay',
      `The lease of ${plan.service} is held by ${describeHolder(holder)}.`,
      'again when that run has ended. What it does comes first.',
    );
  }
  const beside = plan.sites[site]?.storage;
  const silent = seen.find(({ location, unreachable }) => location === beside && unreachable !== undefined);
  if (!silent) return;
  throw passing(
    'LeaseSilent',
    `The lease of ${plan.service} at ${silent.location} could not be read (${silent.unreachable}).`,
    `wait: it is tried again. Nothing is changed at ${site} without it.`,
  );
}

/**
 * Work at a standby that ends, with the job that it runs on a host, within seconds of a recovery's taking the lease.
 *
 * @param letGo  ends what an attempt whose worker died has left at work there: a recovery waits for it
 */
export async function whileStandby<Result>(
  site: string,
  context: StepContext,
  work: (context: StepContext) => Promise<Result>,
  letGo: () => Promise<unknown>,
): Promise<Result> {
  try {
    await assertStandby(site, context);
  } catch (error) {
    if (isTaken(error)) await letGo();
    throw error;
  }
  const stop = new AbortController();
  let why: unknown;
  const timer = setInterval(() => {
    assertNoRecovery(site, context).catch((error: Error & { type?: string }) => {
      if (error.type !== 'RecoveryUnderWay' || stop.signal.aborted) return;
      why = error;
      // As a person's cancel: the job on the host ends too, so that the recovery finds the component's lock free.
      stop.abort(new Error('CANCELLED'));
    });
  }, lookEvery);
  timer.unref();
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, stop.signal]) });
  } catch (error) {
    throw why ?? error;
  } finally {
    clearInterval(timer);
  }
}

/** For putting back: what a recovery has taken over by now is left to it. `letGo` as above. */
export async function unlessTaken(
  site: string,
  context: StepContext,
  putBack: () => Promise<unknown>,
  letGo?: () => Promise<unknown>,
): Promise<unknown> {
  try {
    await assertStandby(site, context);
    return await putBack();
  } catch (error) {
    if (!isTaken(error)) throw error;
    await letGo?.();
    return { outcome: `left as it is: ${error.message}` };
  }
}

/** The site is no standby any more, or will soon be none. */
export function isTaken(error: unknown): error is Error {
  const { type } = error as { type?: string };
  return type === 'RecoveryUnderWay' || type === 'ServesThere' || type === 'NotServing';
}
