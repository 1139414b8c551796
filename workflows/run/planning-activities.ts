/** What a run asks before it does anything: how both sites are, and what it would do. */
import type { Assessment } from '../../domain/playbook/assessment.ts';
import { type AssessCall, type CompileCall, type Compiled, queueOf } from '../../domain/run/protocol.ts';
import { requestOf } from '../../domain/run/requests.ts';
import { callActivity } from './call-activity.ts';
import type { Run } from './run.ts';

export async function assess(run: Run): Promise<Assessment> {
  const { input, status } = run;
  const argument: AssessCall = {
    run: status.run,
    procedure: status.procedure,
    service: input.service,
    from: input.from,
    to: input.to,
    point: input.point,
    at: status.clock.declared.at,
    request: requestOf(input),
  };
  return await callActivity<Assessment>(
    {
      name: 'assess',
      summary: `Read both sites before ${status.procedure} of ${input.service}`,
      queues: assessmentQueues(run),
      limits: { startToClose: 30_000, scheduleToStart: 4_000, budget: 180_000, heartbeat: 3_000 },
    },
    argument,
  );
}

/** Before anything is known the run asks where it was told to go, then any worker at all. */
export function assessmentQueues(run: Run): string[] {
  const wanted = run.input.to ? [queueOf(run.input.to)] : [];
  return [...wanted, anyWorker];
}
const anyWorker = 'muster-fallback';

export async function compile(run: Run, assessment: Assessment): Promise<Compiled> {
  const { goesOn } = run.input;
  const { revision = 1, done = [], passedNoReturn = false } = goesOn ?? {};
  const argument: CompileCall = {
    run: run.status.run,
    procedure: run.status.procedure,
    label: run.input.label,
    by: run.input.by,
    assessment,
    point: run.input.point,
    request: requestOf(run.input),
    ...(goesOn ? { progress: { revision, done, passedNoReturn } } : {}),
  };
  return await callActivity<Compiled>(
    {
      name: 'compilePlaybook',
      summary: 'Compile the playbook and hash it',
      queues: [queueOf(assessment.to), anyWorker],
      limits: { startToClose: 30_000, scheduleToStart: 4_000, budget: 120_000 },
    },
    argument,
  );
}
