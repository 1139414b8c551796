/**
 * Two hosts of this machine with a PostgreSQL 15 each, for tests of replication: one plan's paths, port and commands at both, an
 * address, a data directory and a socket of their own.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StepContext } from '../../../activities/context.ts';
import { askServer } from '../../../activities/databases/replica/server-state.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import type { Host } from '../../../domain/host.ts';
import { componentSchema, isReplica, type ReplicaComponent } from '../../../domain/plan/component.ts';
import { stepContext } from '../../support/step-context.ts';
import { hostExecutor } from '../points/world.ts';
import { freePort } from '../storage/versitygw.ts';

const run = promisify(execFile);
const bin = '/usr/lib/postgresql/15/bin';
const data = '/srv/pg/data';
export const password = `a:pass\\word-${process.pid}`;

export interface Side {
  readonly host: Host;
  readonly folder: string;
  sh(command: string): Promise<string>;
  sql(text: string): Promise<string>;
}

export interface Pair {
  readonly component: ReplicaComponent;
  readonly east: Side;
  readonly west: Side;
  context(parts?: Partial<StepContext>): Promise<StepContext>;
  state(side: Side): ReturnType<typeof askServer>;
  end(): Promise<void>;
}

let count = 0;
export const newRun = () => `replica-${process.pid}-${++count}`;

/** Both run; only east has the database `shop`, a replication role, and writes. */
export async function makePair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-pair-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  process.env.MUSTER_TEST_REPLICATION = password;
  const component = componentSchema.parse({
    name: 'database',
    driver: 'postgresql',
    host: 'db',
    rank: 0,
    database: 'shop',
    owner: 'postgres',
    port,
    standby: {
      strategy: 'replica',
      dataDirectory: data,
      start: `cd / && runuser -u postgres -- ${bin}/pg_ctl -D ${data} -W -l /srv/pg/log start`,
      stop: `cd / && runuser -u postgres -- ${bin}/pg_ctl -D ${data} -w -m fast stop`,
      user: 'replicator',
      password: { env: 'MUSTER_TEST_REPLICATION' },
      slot: 'other_side',
      within: '20s',
    },
  });
  if (!isReplica(component)) throw new Error('the component is no replica');
  const sides = [await makeSide(folder, 'east', 11, component), await makeSide(folder, 'west', 12, component)] as const;
  const [east, west] = sides;
  await east.sql(
    `CREATE ROLE replicator LOGIN REPLICATION PASSWORD '${password}';
     GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
       pg_read_binary_file(text, bigint, bigint, boolean) TO replicator;
     CREATE DATABASE shop`
      .replaceAll('\n', ' ')
      .split('; ')
      .join(';\n'),
  );
  const executorOf = (host: Host) => {
    const side = sides.find((each) => each.host.site === host.site) as Side;
    return hostExecutor(side.folder, localExecutor({ name: `${host.name} (${host.site})` }));
  };
  return {
    component,
    east,
    west,
    context: (parts = {}) =>
      stepContext({
        run: newRun(),
        secret: async (ref) => String(process.env[(ref as { env: string }).env]),
        host: async (host) => executorOf(host),
        ...parts,
      }),
    state: (side) => askServer(executorOf(side.host), component),
    async end() {
      await Promise.all(sides.map((side) => side.sh(`${component.standby.stop} -t 5 || true`).catch(() => '')));
      for (const { sh } of sides) {
        await sh(`cd / && runuser -u postgres -- ${bin}/pg_ctl -D ${data} -m immediate stop || true`);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeSide(base: string, site: string, last: number, component: ReplicaComponent): Promise<Side> {
  const folder = join(base, site);
  const address = `127.0.77.${last}`;
  for (const part of ['srv/pg', 'jobs', 'run']) await mkdir(join(folder, part), { recursive: true });
  await run('chown', ['postgres', join(folder, 'srv/pg'), join(folder, 'run')]);
  await chmod(folder, 0o755);
  const mounts = [
    `mkdir -p /var/lib/muster /var/run/postgresql`,
    `mount --bind '${folder}/jobs' /var/lib/muster`,
    `mount --rbind '${folder}/srv' /srv`,
    `mount --bind '${folder}/run' /var/run/postgresql`,
  ];
  await writeFile(join(folder, 'enter'), `#!/bin/sh\nset -e\n${mounts.join('\n')}\nexec sh -c "$1"\n`, { mode: 0o755 });
  const executor = () => hostExecutor(folder, localExecutor({ name: site }));
  const sh = async (command: string, stdin?: string) => {
    const { code, stdout, stderr } = await executor().exec(command, {
      inactivity: 60_000,
      ...(stdin ? { stdin } : {}),
    });
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout.toString();
  };
  const settings = `listen_addresses = '${address}'
port = ${component.port}
unix_socket_directories = '/var/run/postgresql'
cluster_name = '${site}'
wal_log_hints = on
fsync = off
wal_keep_size = 0
wal_retrieve_retry_interval = '500ms'
max_wal_senders = 6
`;
  await sh(
    `cd / && runuser -u postgres -- ${bin}/initdb -D ${data} --auth-local=peer --auth-host=scram-sha-256 --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null`,
  );
  await writeFile(join(folder, 'srv/pg/data/postgresql.auto.conf'), settings);
  await sh(
    `printf '%s\\n' 'host all all 127.0.0.0/8 scram-sha-256' 'host replication all 127.0.0.0/8 scram-sha-256' >>${data}/pg_hba.conf`,
  );
  await sh(component.standby.start);
  const sql = async (text: string) => {
    const psql = `cd / && runuser -u postgres -- ${bin}/psql -XAtq -v ON_ERROR_STOP=1 -p ${component.port} -d`;
    const database = text.includes('CREATE DATABASE') ? 'postgres' : 'shop';
    return (await sh(`${psql} ${database}`, text)).trim();
  };
  const ready = `for i in $(seq 100); do runuser -u postgres -- ${bin}/pg_isready -q -p ${component.port} && exit; sleep 0.1; done; exit 1`;
  await sh(`cd / && ${ready}`);
  const ssh = { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } };
  return { folder, sh, sql, host: { name: 'db', group: 'db', site, region: site, address, ssh } };
}
