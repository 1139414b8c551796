/** What a run does about its lease beside its steps: carries it to them, renews it while it lasts, gives it back at the end. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { Hold } from '../../domain/run/lease.ts';
import type { LeaseCall, StepOutput } from '../../domain/run/protocol.ts';
import { notify, settle } from '../notices/notify.ts';
import { callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

/** Several times within its term, so that one renewal that fails costs nothing. */
const renewalsATerm = 4;

/** Called with every output; does something where a step took the lease. */
export function holdLease(run: Run, { leases, term }: Pick<StepOutput, 'leases' | 'term'>): void {
  if (!leases || leases.length === 0 || term === undefined) return;
  const first = run.leases.length === 0;
  run.leases = leases;
  run.term = term;
  if (first) void CancellationScope.nonCancellable(() => renewWhileItLasts(run, term));
}

/** The leases elsewhere are still read where they answer, and stop the run where somebody else holds one. */
export function needOnly(run: Run, location: string): void {
  run.leases = run.leases.map((hold) => ({ ...hold, needed: hold.needed && hold.location === location }));
}

/** Whatever became of the run: who comes next must not wait for the term to pass. */
export async function releaseLeases(run: Run): Promise<void> {
  if (run.leases.length === 0) return;
  try {
    await keep(run, 'release', 1);
  } catch (error) {
    run.note('notice', `the lease could not be given back (${describeFailure(error).message}); its time runs out`);
  }
  run.leases = [];
}

async function renewWhileItLasts(run: Run, term: number): Promise<void> {
  const every = Math.round(term / renewalsATerm);
  const summary = 'Renew the lease';
  let told = false;
  while (!(await condition(() => run.ended, every, { summary }))) {
    try {
      await keep(run, 'renew', term);
      if (told) settle(run, 'lease');
      told = false;
    } catch (error) {
      const { type, message } = describeFailure(error);
      run.note('notice', `the lease was not renewed: ${message}`);
      if (!told) notify(run, 'lease', `${run.direction()}: the lease was not renewed: ${message}`, 'danger');
      told = true;
      if (type === 'LeaseLost') return;
    }
  }
}

async function keep(run: Run, what: LeaseCall['what'], term: number): Promise<void> {
  const { status, plan } = run;
  const argument: LeaseCall = {
    what,
    service: status.service,
    run: status.run,
    leases: [...run.leases] as Hold[],
    term,
    settled: status.clock.recovered !== undefined,
  };
  await callActivity<void>(
    {
      name: 'keepLease',
      summary: what === 'renew' ? 'Renew the lease' : 'Give the lease back',
      queues: plan ? [plan.queue, plan.fallback] : ['muster-fallback'],
      limits: { startToClose: 20_000, scheduleToStart: 5_000, budget: 60_000, heartbeat: 5_000 },
    },
    argument,
  );
}
