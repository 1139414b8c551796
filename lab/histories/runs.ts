/** The runs that are recorded: each procedure, with the decisions, refusals and failures that people and worlds bring. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { DecisionAnswer, RunStatus } from '../../domain/run.ts';
import { clearFaults, setFault } from '../aws/faults.ts';
import type { Lab } from '../client.ts';
import { observed } from '../demo/observed.ts';
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

const over = ['done', 'rejected', 'aborted', 'failed'];
const operator = { by: 'night-shift' };
/** Steps that a person does and confirms, as the recording's plan has them: before the cutover and before the end. */
const [look, ask] = ['manual-look-at-the-data', 'manual-ask-support'];

export async function runAll(recording: Recording): Promise<Recorded[]> {
  const { lab, note } = recording;
  note('a backup');
  const run = follow(recording, 'spacetime/backup');
  await command(lab, ['backup', 'spacetime', '--by', 'recorder', '--watch']);
  const recorded: Recorded[] = [{ name: 'backup', history: await run.history() }];

  note('a failover, started under another id');
  recorded.push(...(await failover(recording)));
  await lab.reset();
  await labUntil('SpaceTime is served again', async () => (await observed(lab).state()).state === 'ok', {
    timeoutMs: 60_000,
  });

  note('a full recovery in place, aborted');
  recorded.push(await abortedRecovery(recording));
  note('a full recovery in place');
  recorded.push(await fullRecovery(recording));
  return recorded;
}

/**
 * Started as from a form, with a random id. Approved once with a wrong hash, then by a Signal; a host does not boot and
 * is retried; Route 53 is throttled; paused and resumed; a note; two steps that a person
 * does and confirms.
 */
async function failover(recording: Recording): Promise<Recorded[]> {
  const { lab, client } = recording;
  const { until, update, signal, history, recovery } = follow(recording, 'spacetime/recovery');
  await lab.kill('us-east-1');
  await lab.power('app-us-west-2', 'broken');
  await setFault(lab.awsControl, { service: 'route53', kind: 'throttle', times: 4 });
  const input = { procedure: 'failover', service: 'spacetime', by: 'recorder', reason: 'to be recorded' };
  const door = await client.workflow.start('failover', { taskQueue: 'muster', workflowId: 'a-form', args: [input] });
  await door.result();

  const asked = await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  const approval = {
    by: 'duty-manager',
    decision: 'go',
    playbook: asked.playbook,
    accept: asked.risks.map(({ id }) => id),
  };
  await update('approve', { ...approval, playbook: '0'.repeat(64) }, false);
  await signal('approve', approval);
  await until('the host did not boot', ({ needs }) => needs.length > 0);
  await lab.power('app-us-west-2', 'repair');
  await update('pause', { ...operator, reason: 'a look at the host' });
  await update('retry', { ...operator, step: 'await-host-app' });
  await until('it holds', ({ needs }) => needs.some(({ what }) => what === 'the run is paused'));
  await update('note', { ...operator, text: 'the host boots again' });
  await update('resume', operator);
  await until('a person is to look', waitsFor(look));
  await update('confirm', { ...operator, step: look });
  await until('a person is to ask', waitsFor(ask));
  await update('confirm', { ...operator, step: ask });
  await recovery.done();
  await clearFaults(lab.awsControl, { mustBeHit: true });
  return [
    { name: 'failover', history: await history() },
    { name: 'failover-under-another-id', history: await door.fetchHistory() },
  ];
}

/** Aborted when the data is restored and before anything writes to it: everything is put back. */
async function abortedRecovery(recording: Recording): Promise<Recorded> {
  const { lab } = recording;
  const { until, update, history, recovery } = follow(recording, 'spacetime/recovery');
  await command(lab, ['restore', 'spacetime', '--by', 'recorder', '--reason', 'to be aborted']);
  await approve(recording);
  await until('a person is to look', waitsFor(look));
  await update('abort', { ...operator, reason: 'the wrong service' });
  await recovery.done('aborted');
  return { name: 'full-recovery-aborted', history: await history() };
}

async function fullRecovery(recording: Recording): Promise<Recorded> {
  const { lab } = recording;
  const { until, update, signal, history, recovery } = follow(recording, 'spacetime/recovery');
  await command(lab, ['restore', 'spacetime', '--by', 'recorder', '--reason', 'to be recorded']);
  await approve(recording);
  await signal('note', { ...operator, text: 'the logs are not needed' });
  await update('skip', { ...operator, step: 'restore-logs', reason: 'not needed' });
  await until('a person is to look', waitsFor(look));
  await signal('confirm', { ...operator, step: look });
  await until('a person is to ask', waitsFor(ask));
  await update('confirm', { ...operator, step: ask, reason: 'nobody complains' });
  await recovery.done();
  return { name: 'full-recovery', history: await history() };
}

async function approve(recording: Recording): Promise<void> {
  const { until, update } = follow(recording, 'spacetime/recovery');
  const { playbook, risks } = await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  await update('approve', { by: 'duty-manager', decision: 'go', playbook, accept: risks.map(({ id }) => id) });
}

/** One workflow id, as an operator follows it. */
function follow({ client, signal: stop }: Recording, workflowId: string) {
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

async function command(lab: Lab, words: string[]): Promise<void> {
  const { code, stdout, stderr } = await lab.exec([join(checkout, 'scripts/muster'), ...words]);
  if (code !== 0) throw new Error(`muster ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
}

/** True while a person is to confirm that step. */
function waitsFor(step: string): (status: RunStatus) => boolean {
  return ({ stages }) =>
    stages
      .flatMap(({ ranks }) => ranks.flat())
      .some(({ id, kind, state }) => id === step && kind === 'manual' && state === 'running');
}
