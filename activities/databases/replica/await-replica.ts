/** Waits until the standby's database has caught up with the primary. Reads only. */
import type { z } from 'zod';
import { type Judgement, judgeCaughtUp } from '../../../domain/databases/replica.ts';
import { refusal } from '../../../domain/errors.ts';
import { defineStep } from '../../step.ts';
import { waitFor } from '../../waiting.ts';
import { askOrSilent, replicaInput } from './replica-input.ts';

/** `host` is the standby's, `peer` the primary's. */
const input = replicaInput.extend({});

/** Output: `{ outcome: 'caught up: 0 bytes and 0.0 s behind' }`. Refusals `ReplicaBehind`, `NotAReplica`. */
export const awaitReplica = defineStep({
  kind: 'awaitReplica',
  version: 1,
  changes: false,
  input,
  title: ({ component, host, peer }) => `Wait until ${component.name} at ${host.site} has caught up with ${peer.site}`,
  shell: ({ component, peer }) => [
    `ssh -p ${peer.ssh.port} ${peer.ssh.user}@${peer.address} "sudo -u ${component.systemUser} psql -p ${component.port} -c 'SELECT application_name, state, pg_current_wal_lsn() - replay_lsn AS behind, replay_lag FROM pg_stat_replication'"`,
  ],
  limits: { startToClose: 660_000 },
  async check(given, context) {
    const { answer, why } = await judge(given, context);
    if (answer === 'refuse') return { state: 'blocked', why };
    return answer === 'ok' ? { state: 'done', what: why } : { state: 'ready', what: why };
  },
  async run(given, context) {
    const { component, host } = given;
    const { within } = component.standby;
    let last: Judgement | undefined;
    const reached = await waitFor(
      {
        within,
        atMost: 1_000,
        signal: context.signal,
        onLook: () => context.heartbeat({ text: last?.why ?? 'asking both servers' }),
      },
      async () => {
        last = await judge(given, context);
        return last.answer === 'wait' ? undefined : last;
      },
    );
    if (reached?.answer === 'ok') return { outcome: `caught up: ${reached.why}` };
    const fact = `${component.name} at ${host.site} cannot take over without loss: ${last?.why}`;
    if (reached) throw refusal('NotAReplica', `${fact}.`, 'make it a replica again, then retry this step.');
    const hint =
      'see whether it streams, what the primary writes, and the network between the sites; then retry this step.';
    throw refusal('ReplicaBehind', `${fact}, after ${Math.round(within / 1_000)} s.`, hint);
  },
});

async function judge(
  { component, host, peer }: z.output<typeof input>,
  context: Parameters<typeof askOrSilent>[2],
): Promise<Judgement> {
  const [replica, primary] = await Promise.all([host, peer].map((each) => askOrSilent(each, component, context)));
  if (!replica || !primary) throw new Error('two servers were asked');
  return judgeCaughtUp(primary, replica, component.standby.maximumLag);
}
