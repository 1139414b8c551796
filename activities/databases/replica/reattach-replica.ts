/**
 * Makes a server the standby of the present primary: an old primary after a switchover or failover, a new host, a standby that fell
 * behind too far. What only it has is kept beside it.
 */
import { z } from 'zod';
import { type Joining, planJoining, type ServerState } from '../../../domain/databases/replica.ts';
import { countWords, type UncountedWrites } from '../../../domain/databases/uncounted.ts';
import { refusal } from '../../../domain/errors.ts';
import { script } from '../../archives/job-files.ts';
import type { StepContext } from '../../context.ts';
import { runHostJob } from '../../hosts/run-job.ts';
import { defineStep } from '../../step.ts';
import { countRows, noteRows } from './count-rows.ts';
import { keptBeside } from './kept-beside.ts';
import { ask, type ReplicaInput as Input, lockOf, replicaInput, serverParams } from './replica-input.ts';

const forkLine = z.object({ type: z.literal('fork'), lsn: z.string().nullable() });
const lineSchema = z.union([
  z.object({ type: z.literal('kept'), path: z.string(), bin: z.string() }),
  z.object({ type: z.literal('noted'), what: z.string() }),
  z.object({ type: z.literal('attached'), way: z.enum(['follow', 'rewind', 'rebuild']) }),
]);

const words = {
  follow: 'it went on from where it was',
  rewind: 'it was taken back to where the two parted (pg_rewind)',
  rebuild: 'it was copied anew (pg_basebackup)',
};

export interface Reattached {
  readonly outcome: string;
  readonly component: string;
  /** Data that only this server had, kept as these folders. */
  readonly kept: readonly string[];
  readonly noted: readonly string[];
  /** Of what is kept: how to see it. */
  readonly uncounted?: readonly UncountedWrites[];
}

/** `host` is the one that joins, `peer` the primary's. Refusals `NotJoinable`, `NotEnoughSpace`, `BaseBackupFailed`, `NotStreaming`. */
export const reattachReplica = defineStep<typeof replicaInput, Reattached>({
  kind: 'reattachReplica',
  version: 1,
  input: replicaInput,
  title: ({ component, host, peer }) => `Make ${component.name} at ${host.site} the standby of ${peer.site}`,
  shell: ({ component, host, peer }) => {
    const { dataDirectory, start, stop, user, slot } = component.standby;
    const source = `host=${peer.address} port=${component.port} user=${user}`;
    return [
      `ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address}`,
      `${stop} && sudo -u ${component.systemUser} cp -a ${dataDirectory} ${dataDirectory}.diverged`,
      `sudo -u ${component.systemUser} pg_rewind -D ${dataDirectory} --source-server='${source} dbname=postgres' -R   # or: pg_basebackup -R -S ${slot}`,
      start,
    ];
  },
  limits: { startToClose: 6 * 3_600_000 },
  async check(given, context) {
    const { way, why } = await look(given, context);
    if (way === 'refuse') return { state: 'blocked', why };
    return way === 'nothing' ? { state: 'done', what: why } : { state: 'ready', what: why };
  },
  async run(given, context) {
    const { component, host, peer } = given;
    const fork = await preparePrimary(given, context);
    let found = await look(given, context, fork);
    if (found.way === 'stop') {
      await noteRows(given, found.own, context);
      const job = { script: script('databases', 'stop-postgresql'), params: await serverParams(component) };
      await runHostJob(context, await context.host(host), { ...job, lock: lockOf(component) }, { part: 'stop' });
      found = await look(given, context, fork);
    }
    if (found.way === 'nothing') return { outcome: found.why, component: component.name, kept: [], noted: [] };
    if (found.way === 'refuse' || found.way === 'stop') throw notJoinable(given, found);
    const { way, divergent, why, primary } = found;
    const { results } = await runHostJob(context, await context.host(host), {
      script: script('databases', 'reattach-postgresql'),
      params: { ...(await joinParams(given, primary)), run: context.run, way, divergent: divergent ? 'yes' : 'no' },
      secrets: { passfile: await passLine(given, context) },
      lock: lockOf(component),
    });
    const said = results.flatMap((line) => lineSchema.safeParse(line).data ?? []);
    const joined = said.flatMap((line) => (line.type === 'attached' ? [words[line.way]] : []));
    const places = new Map(said.flatMap((line) => (line.type === 'kept' ? [[line.path, line.bin] as const] : [])));
    const kept = [...places.keys()];
    const counted = kept.length > 0 ? await countRows(given, primary, context) : undefined;
    const only = counted ? countWords(counted, host.site) : 'what only it had is not counted';
    return {
      outcome: [
        `streams from ${peer.site}: ${joined[0]}`,
        why,
        ...kept.map((path) => `${only} and is kept as ${path}`),
      ].join('; '),
      component: component.name,
      kept,
      noted: said.flatMap((line) => (line.type === 'noted' ? [line.what] : [])),
      ...(kept.length > 0
        ? {
            uncounted: [...places].map(([path, bin]) => ({
              ...keptBeside(given, path, bin),
              ...(counted ? { counted } : {}),
            })),
          }
        : {}),
    };
  },
});

async function look(
  { component, host, peer }: Input,
  context: StepContext,
  fork?: string,
): Promise<Joining & { own: ServerState; primary: ServerState }> {
  const [own, primary] = await Promise.all([ask(host, component, context), ask(peer, component, context)]);
  return { ...planJoining(own, primary, { address: peer.address, ...(fork ? { fork } : {}) }), own, primary };
}

/** A slot, so that the log is kept from now on; a checkpoint, so that its control file shows the new timeline; where the timelines parted. */
async function preparePrimary({ component, host, peer }: Input, context: StepContext): Promise<string | undefined> {
  const { server } = await ask(peer, component, context);
  if (!server || server.inRecovery) return undefined;
  const own = await ask(host, component, context);
  const timeline = own.server?.timeline ?? own.control?.timeline ?? 0;
  const { results } = await runHostJob(
    context,
    await context.host(peer),
    {
      script: script('databases', 'prepare-primary'),
      params: { ...(await serverParams(component)), timeline: String(timeline) },
    },
    { part: 'primary' },
  );
  return results.flatMap((line) => forkLine.safeParse(line).data?.lsn ?? [])[0];
}

async function joinParams({ component, peer }: Input, { server }: ServerState): Promise<Record<string, string>> {
  const { standby, port } = component;
  return {
    ...(await serverParams(component)),
    'primary-host': peer.address,
    'primary-port': String(port),
    user: standby.user,
    'application-name': standby.applicationName ?? standby.slot,
    sslmode: standby.sslmode,
    'config-file': standby.configFile ?? '',
    bytes: String(server?.bytes ?? 0),
    within: String(Math.ceil(standby.within / 1_000)),
    server: String(server?.version ?? ''),
  };
}

/** One line of a passfile. */
async function passLine({ component }: Input, context: StepContext): Promise<string> {
  const { user, password } = component.standby;
  const quoted = (await context.secret(password)).trimEnd().replaceAll('\\', '\\\\').replaceAll(':', '\\:');
  return `*:*:*:${user}:${quoted}\n`;
}

function notJoinable({ component, host, peer }: Input, { why }: Joining) {
  return refusal(
    'NotJoinable',
    `${component.name} at ${host.site} does not become the standby of ${peer.site}: ${why}.`,
    'find out which of the two is the primary, and stop the other one; then retry this step.',
    { host: host.name },
  );
}
