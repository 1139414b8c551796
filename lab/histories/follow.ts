/** A run that is recorded, as an operator starts, follows and answers it. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { type DecisionAnswer, endedPhases, type RunStatus } from '../../domain/run/run.ts';
import type { Lab } from '../client.ts';
import { checkout } from '../paths.ts';
import { until as labUntil } from '../shell.ts';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

export interface Recorded {
  readonly name: string;
  readonly history: History;
}

export interface Recording {
  readonly lab: Lab;
  readonly client: Client;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

const over: readonly string[] = endedPhases;

export const operator = { by: 'night-shift' };
/** Steps that a person does and confirms, as the recording's plan has them: before the cutover and before the end. */
export const [look, ask] = ['manual-look-at-the-data', 'manual-ask-support'];

/** The go, with every risk accepted. */
export async function approve(recording: Recording): Promise<void> {
  const { until, update } = follow(recording, 'spacetime/recovery');
  const { playbook, risks } = await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  await update('approve', { by: 'duty-manager', decision: 'go', playbook, accept: risks.map(({ id }) => id) });
}

/** One workflow id, as an operator follows it. */
export function follow({ client, signal: stop }: Recording, workflowId: string) {
  const handle = client.workflow.getHandle(workflowId);
  const status = () => client.connection.withDeadline(Date.now() + 4_000, () => handle.query<RunStatus>('status'));

  async function until(what: string, condition: (now: RunStatus) => boolean): Promise<RunStatus> {
    let last: RunStatus | undefined;
    const holds = async () => {
      last = await status().catch(() => undefined);
      if (last && condition(last)) return true;
      if (last && over.includes(last.phase)) throw new Error(`Never came: ${what}. The run is ${last.phase}.`);
      return false;
    };
    await labUntil(what, holds, { timeoutMs: 120_000, signal: stop });
    return last as RunStatus;
  }

  return {
    status,
    until,
    async update(name: string, payload: object, taken = true): Promise<void> {
      const answer = await handle.executeUpdate<DecisionAnswer, [object]>(name, { args: [payload] });
      if (answer.taken !== taken) throw new Error(`${name} was ${taken ? 'refused' : 'taken'}: ${answer.why}`);
    },
    signal: (name: string, payload: object) => handle.signal(name, payload),
    history: () => handle.fetchHistory(),
    recovery: {
      async done(phase: RunStatus['phase'] = 'done'): Promise<void> {
        await until(`the run is ${phase}`, (now) => now.phase === phase);
        await handle.result();
      },
    },
  };
}

/** `muster WORDS`, as typed. */
export async function command(lab: Lab, words: string[], expected = 0): Promise<void> {
  const { code, stdout, stderr } = await lab.exec([join(checkout, 'scripts/muster'), ...words]);
  if (code !== expected) throw new Error(`muster ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
}

/** True while a person is to confirm that step. */
export function waitsFor(step: string): (status: RunStatus) => boolean {
  return ({ stages }) =>
    stages
      .flatMap(({ ranks }) => ranks.flat())
      .some(({ id, kind, state }) => id === step && kind === 'manual' && state === 'running');
}
