/**
 * Demotes a primary: stops it cleanly after its writers have stopped, and shows that the standby has all it ever wrote. The token is
 * that proof; a promotion asks for it.
 */
import { z } from 'zod';
import { type DemotionToken, type Judgement, tokenOf } from '../../../domain/databases/replica.ts';
import { refusal } from '../../../domain/errors.ts';
import { script } from '../../archives/job-files.ts';
import type { StepContext } from '../../context.ts';
import { runHostJob } from '../../hosts/run-job.ts';
import { defineStep } from '../../step.ts';
import { awaitJudgement } from './await-judgement.ts';
import { ask, askOrSilent, lockOf, replicaInput, serverParams } from './replica-input.ts';

/** `host` is the primary's, `peer` the standby's. */
type Input = z.output<typeof replicaInput>;

export interface Demoted {
  readonly outcome: string;
  readonly component: string;
  readonly token: DemotionToken;
}

/** Refusals `NotPrimary`, `ReplicaNotStreaming`, `NotCleanlyStopped`, `NotReceived`. */
export const demoteDatabase = defineStep<typeof replicaInput, Demoted>({
  kind: 'demoteDatabase',
  version: 1,
  input: replicaInput,
  title: ({ component, host, peer }) =>
    `Stop ${component.name} at ${host.site} cleanly and see all of its log arrive at ${peer.site}`,
  shell: ({ component, host, peer }) => [
    `ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address}`,
    component.standby.stop,
    `sudo -u ${component.systemUser} pg_controldata ${component.standby.dataDirectory} | grep -E 'state|checkpoint location'   # shut down`,
    `ssh -p ${peer.ssh.port} ${peer.ssh.user}@${peer.address} "sudo -u ${component.systemUser} psql -p ${component.port} -c 'SELECT pg_last_wal_replay_lsn()'"   # beyond that location`,
  ],
  limits: { startToClose: 900_000 },
  async run(given, context) {
    const { component, host, peer } = given;
    await refuseUnready(given, context);
    const job = { script: script('databases', 'stop-postgresql'), params: await serverParams(component) };
    await runHostJob(context, await context.host(host), { ...job, lock: lockOf(component) });
    const stopped = await ask(host, component, context);
    const token = tokenOf(stopped);
    if (!token) {
      throw refusal(
        'NotCleanlyStopped',
        `${component.name} at ${host.site} was not shut down as a primary: ${stopped.server ? 'a server answers' : stopped.control?.state}.`,
        'look at its own log; abort puts it back in service.',
        { host: host.name },
      );
    }
    const judgement = await received(token, given, context);
    return { outcome: `demoted; ${peer.site}: ${judgement.why}`, component: component.name, token };
  },
  async before({ component, host }, context) {
    // What was not seen must not be noted as "no primary": then nothing would be put back.
    const { server, control } = await ask(host, component, context);
    return { primary: server?.inRecovery === false || (!server && control?.state === 'shut down') };
  },
  /** Starts it again as the primary that it was. Never while the other side takes writes. */
  async undo({ component, host, peer }, before, context) {
    if (!z.object({ primary: z.boolean() }).parse(before).primary) return { outcome: 'it was no primary before' };
    const other = await askOrSilent(peer, component, context);
    if (other.server?.inRecovery === false) {
      throw refusal(
        'PromotedMeanwhile',
        `${component.name} at ${peer.site} takes writes on timeline ${other.server.timeline}: two primaries would write apart.`,
        `leave ${host.site} stopped and go on at ${peer.site}, or stop the database there and retry.`,
        { host: host.name },
      );
    }
    const job = { script: script('databases', 'start-postgresql'), params: await serverParams(component) };
    await runHostJob(context, await context.host(host), { ...job, lock: lockOf(component) }, { part: 'undo' });
    return { outcome: `${component.name} takes writes at ${host.site} again` };
  },
});

/** What would only be found out when the service is down already. A server that this step stopped before is not asked again. */
async function refuseUnready({ component, host, peer }: Input, context: StepContext): Promise<void> {
  const [own, other] = await Promise.all([ask(host, component, context), ask(peer, component, context)]);
  const place = { host: host.name };
  if (own.server?.inRecovery || (!own.server && own.control?.state !== 'shut down')) {
    const fact = `${component.name} at ${host.site} is no primary that could be demoted: ${own.server ? 'it is a standby' : own.why}.`;
    throw refusal('NotPrimary', fact, 'look at which site has the primary.', place);
  }
  if (!other.server?.inRecovery || other.control?.systemIdentifier !== own.control?.systemIdentifier) {
    const fact = `${component.name} at ${peer.site} is no standby of the one at ${host.site}: ${other.server ? 'it is another cluster or takes writes' : other.why}.`;
    throw refusal('ReplicaNotStreaming', fact, 'make it a replica first.', place);
  }
  if (own.server && other.server.receiver?.status !== 'streaming') {
    const fact = `${component.name} at ${peer.site} does not stream: the last of ${host.site}'s log would not arrive.`;
    throw refusal('ReplicaNotStreaming', fact, 'see why it does not stream, then retry this step.', place);
  }
}

async function received(token: DemotionToken, { component, peer }: Input, context: StepContext): Promise<Judgement> {
  const last = await awaitJudgement(token, { component, host: peer }, context);
  if (last?.answer === 'ok') return last;
  throw refusal(
    'NotReceived',
    `${component.name} at ${peer.site} does not have all that was written: ${last?.why}.`,
    'abort puts the source back in service; or see why the log does not arrive, then retry this step.',
    { host: peer.name },
  );
}
