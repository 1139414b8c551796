/**
 * Promotes the standby's database. In a switchover only with the token of the demotion, so that nothing acknowledged is lost; in a
 * failover as far as it has come, which is said.
 */
import { z } from 'zod';
import { type DemotionToken, demotionTokenSchema } from '../../../domain/databases/replica.ts';
import { refusal } from '../../../domain/errors.ts';
import { hostSchema } from '../../../domain/host.ts';
import { script } from '../../archives/job-files.ts';
import type { StepContext } from '../../context.ts';
import { runHostJob } from '../../hosts/run-job.ts';
import { shellQuote } from '../../hosts/shell-quote.ts';
import { defineStep } from '../../step.ts';
import { awaitJudgement } from './await-judgement.ts';
import { ask, askOrSilent, lockOf, replicaInput, serverParams } from './replica-input.ts';

/** `host` is the one to promote, `peer` the one that was the primary. */
const input = replicaInput.extend({
  /** Of a lost site it may not be known. */
  peer: hostSchema.optional(),
  /** `demoted`: nothing less than all that a demotion of this run left. `failover`: what is there. `restore`: so that it can be restored over. */
  proof: z.enum(['demoted', 'failover', 'restore']),
});
type Input = z.output<typeof input>;

const purposes = {
  demoted: 'with all that was acknowledged',
  failover: 'as far as it has come',
  restore: 'to be restored over',
};

const promotedLine = z.object({
  type: z.literal('promoted'),
  already: z.boolean(),
  timeline: z.number(),
  /** Where the new timeline begins. */
  forkLsn: z.string().nullable(),
  replayedLsn: z.string().nullable(),
  /** Commit time of the last transaction of the old timeline. */
  replayedAt: z.string().nullable(),
});
const notedLine = z.object({ type: z.literal('noted'), what: z.string() });

export interface Promoted {
  readonly outcome: string;
  readonly summary: string;
  readonly component: string;
  readonly timeline: number;
  readonly forkLsn: string;
  /** The data is as of this moment, ISO; absent where no transaction was ever replayed. */
  readonly takenAt?: string;
  readonly noted: readonly string[];
}

const opened = 'it takes writes already';

/** Refusals `NoDemotion`, `NotPromotable`, `PathMissing`, `ServerCommandFailed`, `ServerNotOpen`, `NotAStandby`, `PromotionFailed`, `NotWritable`. */
export const promoteDatabase = defineStep<typeof input, Promoted>({
  kind: 'promoteDatabase',
  version: 1,
  input,
  title: ({ component, host, proof }) => `Promote ${component.name} at ${host.site} ${purposes[proof]}`,
  shell: ({ component, host, proof }) => [
    `ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address}`,
    ...(proof === 'restore' ? [`${component.standby.start}   # where it is stopped`] : []),
    `sudo -u ${component.systemUser} psql -p ${component.port} -c 'SELECT pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()' -c 'SELECT pg_promote()' -c 'SELECT pg_is_in_recovery()'`,
    `sudo -u ${component.systemUser} psql -p ${component.port} -c "SELECT pg_create_physical_replication_slot('${component.standby.slot}', true)"`,
  ],
  limits: { startToClose: 600_000 },
  async run(given, context) {
    const { component, host, proof } = given;
    if (proof === 'restore' && (await takesWrites(given, context))) {
      const words = {
        outcome: opened,
        summary: `${component.name} at ${host.site} can be restored over.`,
      };
      return { ...words, component: component.name, timeline: 0, forkLsn: '', noted: [] };
    }
    const token = proof === 'demoted' ? tokenFor(component.name, context) : undefined;
    // What is restored over need not have come anywhere, and is started where it is stopped.
    if (proof !== 'restore') await waitUntilPromotable(token, given, context);
    const job = {
      script: script('databases', 'promote-postgresql'),
      params: { ...(await serverParams(component)), ...(proof === 'restore' ? { open: 'yes' } : {}) },
      lock: lockOf(component),
    };
    const { results } = await runHostJob(context, await context.host(host), job);
    const [said] = results.flatMap((line) => promotedLine.safeParse(line).data ?? []);
    if (!said) throw new Error(`the promotion of ${component.name} ended without a word`);
    const at = said.replayedAt ? new Date(said.replayedAt).toISOString() : undefined;
    const last = `its last transaction is of ${at ?? 'a time that is not known'}, at ${said.replayedLsn}`;
    return {
      outcome: said.already
        ? proof === 'restore'
          ? opened
          : 'promoted already'
        : `promoted to timeline ${said.timeline}${proof === 'failover' ? `; ${last}` : ''}`,
      summary: `${component.name} takes writes at ${host.site} on timeline ${said.timeline}; ${last}.`,
      component: component.name,
      timeline: said.timeline,
      forkLsn: said.forkLsn ?? '',
      ...(at ? { takenAt: at } : {}),
      noted: results.flatMap((line) => notedLine.safeParse(line).data?.what ?? []),
    };
  },
  /** A promotion cannot be taken back; the server is stopped and marked, so that the primary may start again and this one join it anew. */
  async undo({ component, host, proof }, _before, context) {
    const { server } = await ask(host, component, context);
    if (server?.inRecovery || !(await promotedHere(component.name, host, context)))
      return { outcome: 'it was not promoted' };
    // Without a token of its primary nothing shows that another copy of what it has exists.
    if (proof !== 'demoted') throw staysPromoted(component.name, host);
    const job = { script: script('databases', 'stop-postgresql'), params: await serverParams(component) };
    const executor = await context.host(host);
    await runHostJob(context, executor, { ...job, lock: lockOf(component) }, { part: 'undo' });
    const mark = `${component.standby.dataDirectory}/muster-promotion-undone`;
    context.assertCurrent();
    const { code, stderr } = await executor.exec(asUser(component.systemUser, `: >"$1"`, mark), {
      signal: context.signal,
    });
    if (code !== 0) throw new Error(`${executor.name}: ${mark} could not be written: ${stderr}`);
    return { outcome: `stopped ${component.name} at ${host.site}; it joins again by a new copy` };
  },
});

function staysPromoted(component: string, host: Input['host']) {
  return refusal(
    'StaysPromoted',
    `${component} at ${host.site} was promoted after its primary was lost, and is left as it is: it may be the only copy of the newest writes.`,
    `muster failover goes on with it; where the old primary is to serve again, stop ${component} on ${host.name} first.`,
    { host: host.name },
  );
}

async function takesWrites({ component, host }: Input, context: StepContext): Promise<boolean> {
  return (await askOrSilent(host, component, context)).server?.inRecovery === false;
}

/** The token that a step before this one gave for the same component. */
function tokenFor(component: string, { outputs }: StepContext): DemotionToken {
  const schema = z.object({ component: z.literal(component), token: demotionTokenSchema });
  for (const output of Object.values(outputs)) {
    const { data } = schema.safeParse(output);
    if (data) return data.token;
  }
  throw refusal(
    'NoDemotion',
    `No step of this run demoted ${component}: nothing shows that its standby has everything.`,
    'a failover, which promotes what is there and says what that may lose.',
  );
}

async function waitUntilPromotable(
  token: DemotionToken | undefined,
  given: Input,
  context: StepContext,
): Promise<void> {
  const { component, host, peer, proof } = given;
  if (proof === 'demoted') await refuseTwoPrimaries(given, context);
  if (await promotedHere(component.name, host, context)) return;
  const last = await awaitJudgement(token, { component, host }, context);
  if (last?.answer === 'ok') return;
  throw refusal(
    'NotPromotable',
    `${component.name} at ${host.site} is not promoted: ${last?.why}.`,
    token
      ? `abort puts ${peer?.site ?? 'the source'} back in service; or see why its log does not arrive.`
      : 'mend it, or run the failover again with this replica stopped: it is restored from the recovery point then.',
    { host: host.name },
  );
}

/** The old primary was stopped by this run. One that answers as a primary was started by somebody since. */
async function refuseTwoPrimaries({ component, peer }: Input, context: StepContext): Promise<void> {
  if (!peer) return;
  const { server } = await askOrSilent(peer, component, context);
  if (server?.inRecovery !== false) return;
  throw refusal(
    'NotPromotable',
    `${component.name} at ${peer.site} runs again since it was demoted: two primaries would write apart.`,
    'retry the step that demotes it.',
    { host: peer.name },
  );
}

/** This run began the promotion already, and an attempt was cut off. */
async function promotedHere(component: string, host: Input['host'], context: StepContext): Promise<boolean> {
  const executor = await context.host(host);
  const mark = `/var/lib/muster/replicas/${component}.${context.run}`;
  return (await executor.exec(`test -e ${shellQuote(mark)}`, { signal: context.signal })).code === 0;
}

function asUser(user: string, command: string, argument: string): string {
  const shell = shellQuote('sh', '-c', command, 'sh', argument);
  return `if [ "$(id -un)" = ${shellQuote(user)} ]; then ${shell}; elif [ "$(id -u)" = 0 ]; then cd / && runuser -u ${shellQuote(user)} -- ${shell}; else cd / && sudo -n -u ${shellQuote(user)} -- ${shell}; fi`;
}
