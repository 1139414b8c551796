/**
 * What is known of a run: its own answer to `status`, or, when no worker answers within three seconds, what the server
 * itself remembers (memo and search attributes). The two are never mixed up.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { refusal } from '../../domain/errors.ts';
import { type Playbook, playbookSchema } from '../../domain/playbook/playbook.ts';
import {
  decidedLocks,
  type Procedure,
  type ProcedureTraits,
  procedureTraits,
  traitsOf,
} from '../../domain/playbook/procedures.ts';
import { askAgain } from '../../domain/run/protocol.ts';
import { type RunStatus, runStatusSchema } from '../../domain/run/run.ts';
import { searchAttributes } from '../../domain/run/search-attributes.ts';
import { inTime, queryPatience, type Temporal } from './temporal.ts';

export interface RunSeen {
  readonly workflowId: string;
  /** Temporal's id of this execution. */
  readonly execution: string;
  readonly service: string;
  readonly procedure: string;
  /** Temporal's own view: RUNNING, COMPLETED, FAILED, TERMINATED ... */
  readonly state: string;
  readonly startedAt: string;
  readonly closedAt?: string | undefined;
  readonly by: string;
  /** Muster's run id. */
  readonly run: string;
  readonly phase: string;
  readonly needsPerson: boolean;
  /** `query`: the run answered. `describe`: no worker did, and this is the server's memory. */
  readonly source: 'query' | 'describe';
  readonly status?: RunStatus | undefined;
}

/** For `--json`: the run's own status with what the server says beside it; without the former when no worker answered. */
export function flatRun({ status, ...seen }: RunSeen): Record<string, unknown> {
  return { ...status, ...seen };
}

/** The newest run on a workflow id; undefined when there has been none. */
export async function seeRun(temporal: Temporal, workflowId: string): Promise<RunSeen | undefined> {
  const description = await describe(temporal, workflowId);
  return description && (await see(temporal, description));
}

/** Every running procedure of every service. */
export async function seeRunningRuns(temporal: Temporal): Promise<RunSeen[]> {
  const types = Object.values(procedureTraits)
    .map(({ workflow }) => `'${workflow}'`)
    .join(', ');
  const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${types})`;
  const found: WorkflowExecutionInfo[] = [];
  await inTime(temporal, 10_000, async () => {
    for await (const each of temporal.client.workflow.list({ query })) found.push(each);
  });
  return await Promise.all(found.map((each) => see(temporal, each)));
}

/**
 * The run that a decision is for: of this procedure, else the service's running recovery before its backup.
 *
 * @throws NoRun
 */
export async function seeRunOf(temporal: Temporal, service: string, procedure?: Procedure): Promise<RunSeen> {
  const locks = procedure ? [traitsOf(procedure).lock] : decidedLocks;
  return await seeFirst(temporal, service, locks);
}

/**
 * The run that people want to look at, whatever its procedure: what runs, the most urgent before others; else what ran last. Logs are
 * shipped all the time and would hide the rest: they are shown when there is nothing else.
 *
 * @throws NoRun
 */
export async function seeLatestRunOf(temporal: Temporal, service: string): Promise<RunSeen> {
  const byPriority = Object.values<ProcedureTraits>(procedureTraits).toSorted((a, b) => a.priority - b.priority);
  const [quiet, loud] = [byPriority.filter(isQuiet), byPriority.filter((traits) => !isQuiet(traits))];
  const locks = (some: readonly ProcedureTraits[]) => [...new Set(some.map(({ lock }) => lock))];
  return await seeFirst(temporal, service, locks(loud), locks(quiet));
}

const isQuiet = ({ leavesPoints }: ProcedureTraits) => leavesPoints === true;

/** @param locks  what runs on an earlier one comes first; each further list only where those before have nothing */
async function seeFirst(
  temporal: Temporal,
  service: string,
  ...locks: readonly (readonly string[])[]
): Promise<RunSeen> {
  for (const some of locks) {
    const described = await Promise.all(some.map((lock) => describe(temporal, `${service}/${lock}`)));
    const known = described.filter((each) => each !== undefined);
    const running = known.find(({ status }) => status.name === 'RUNNING');
    const [newest] = known.toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime());
    const found = running ?? newest;
    if (found) return await see(temporal, found);
  }
  throw refusal(
    'NoRun',
    `${service} has had no run in namespace ${temporal.namespace} at ${temporal.address}.`,
    `muster status for what runs, or muster failover ${service} to start one.`,
  );
}

/** The playbook as the run has it. Undefined before it is compiled. @throws NoWorker */
export async function playbookOf(temporal: Temporal, run: RunSeen): Promise<Playbook | undefined> {
  const answer = await ask<unknown>(temporal, run, 'playbook');
  if (answer === unanswered) throw noWorker(run.workflowId);
  return answer === undefined || answer === null ? undefined : playbookSchema.parse(answer);
}

/** Answer of a query, or `unanswered` when no worker gave one in time. */
export async function ask<Value>(
  temporal: Temporal,
  run: Pick<RunSeen, 'workflowId'> & Partial<Pick<RunSeen, 'execution'>>,
  query: string,
): Promise<Value | typeof unanswered> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.execution);
  const limit = Date.now() + queryPatience;
  for (;;) {
    try {
      return await inTime(temporal, limit - Date.now(), () => handle.query<Value>(query));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw error;
      const again = error instanceof Error && error.message.includes(askAgain);
      if (!again || Date.now() + 500 > limit) return unanswered;
      await pause(500);
    }
  }
}
export const unanswered = Symbol('no worker answered');

/** Of a run, or of a watch, whose query nobody answered. */
export function noWorker(workflowId: string): Error {
  return refusal(
    'NoWorker',
    `No worker answered for ${workflowId} within ${queryPatience / 1000} s.`,
    'start a worker (npm run worker); decisions can still be sent, as Signals that wait for it.',
  );
}

async function describe(temporal: Temporal, workflowId: string): Promise<Described | undefined> {
  try {
    return await inTime(temporal, queryPatience, () => temporal.client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What a description and an entry of a list have in common. */
type Described = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'type' | 'status' | 'startTime' | 'closeTime' | 'memo' | 'typedSearchAttributes'
>;

async function see(temporal: Temporal, info: Described): Promise<RunSeen> {
  const memo = (info.memo ?? {}) as Record<string, string | undefined>;
  const attributes = info.typedSearchAttributes;
  const answer = await ask<unknown>(temporal, { workflowId: info.workflowId, execution: info.runId }, 'status');
  const parsed = answer === unanswered ? undefined : runStatusSchema.safeParse(answer);
  const status = parsed?.success ? parsed.data : undefined;
  const state = info.status.name;
  return {
    workflowId: info.workflowId,
    execution: info.runId,
    service: status?.service ?? attributes.get(searchAttributes.service) ?? info.workflowId.split('/')[0] ?? '',
    procedure: status?.procedure ?? attributes.get(searchAttributes.procedure) ?? info.type,
    state,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString(),
    by: status?.requestedBy ?? memo.by ?? 'unknown',
    run: status?.run ?? memo.run ?? '',
    phase: phaseOf(state, status?.phase ?? attributes.get(searchAttributes.phase)),
    needsPerson:
      state === 'RUNNING' && (status ? status.needs.length > 0 : attributes.get(searchAttributes.needs) === 'person'),
    source: status ? 'query' : 'describe',
    status,
  };
}

/** A terminated run never said so itself: its last phase would be a lie. */
function phaseOf(state: string, own: string | undefined): string {
  if (state === 'RUNNING' || state === 'COMPLETED' || state === 'FAILED') return own ?? 'unknown';
  return state.toLowerCase().replaceAll('_', ' ');
}
