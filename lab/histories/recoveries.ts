/** Recoveries of the whole service, with the decisions, refusals and failures that people and worlds bring. */
import { clearFaults, setFault } from '../aws/faults.ts';
import { approve, ask, command, follow, look, operator, type Recorded, type Recording, waitsFor } from './follow.ts';

/**
 * Started as from a form, with a random id. Approved once with a wrong hash, then by a Signal; a host does not boot and
 * is retried; Route 53 is throttled; paused and resumed; a note; two steps that a person
 * does and confirms.
 */
export async function failover(recording: Recording): Promise<Recorded[]> {
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
export async function abortedRecovery(recording: Recording): Promise<Recorded> {
  const { lab } = recording;
  const { until, update, history, recovery } = follow(recording, 'spacetime/recovery');
  await command(lab, ['restore', 'spacetime', '--by', 'recorder', '--reason', 'to be aborted']);
  await approve(recording);
  await until('a person is to look', waitsFor(look));
  await update('abort', { ...operator, reason: 'the wrong service' });
  await recovery.done('aborted');
  return { name: 'full-recovery-aborted', history: await history() };
}

export async function fullRecovery(recording: Recording): Promise<Recorded> {
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

/** The standby is fenced while the primary serves: it is off already. */
export async function fence(recording: Recording): Promise<Recorded> {
  const { until, update, history, recovery } = follow(recording, 'spacetime/fence');
  await command(recording.lab, ['fence', 'spacetime', 'us-west-2', '--by', 'recorder', '--reason', 'to be recorded']);
  const { playbook } = await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  await update('approve', { by: 'duty-manager', decision: 'go', playbook, accept: [] });
  await recovery.done();
  return { name: 'fence', history: await history() };
}
