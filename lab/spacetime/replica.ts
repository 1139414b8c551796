/**
 * SpaceTime with a standby database that streams, and files that are restored ahead of a planned move: the standby's database host is switched on and copies the primary's, as an operator
 * would set it up by hand, and the lab's plan says so. Taken back, the lab is as it was: restored from a recovery point.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Lab } from '../client.ts';
import { hostNamed, ports, type Region } from '../layout.ts';
import { type LabPaths, labPaths } from '../paths.ts';
import { labOverlay } from '../plan.ts';
import { until } from '../shell.ts';

const data = '/var/lib/postgresql/15/main';
const passfile = '/var/lib/postgresql/15/replication.pgpass';
const role = 'replicator';
const slot = 'spacetime_standby';
const asPostgres = 'cd / && runuser -u postgres --';
const psql = `${asPostgres} psql -X -q -A -t -v ON_ERROR_STOP=1`;

/** Resolves when the standby streams. The primary is us-east-1's. */
export async function attachReplica(lab: Lab): Promise<void> {
  const paths = labPaths(lab.dir);
  const password = passwordOf(paths);
  await sh(lab, 'us-east-1', `${psql} postgres`, setUp(password));
  await lab.power('db-us-west-2', 'on');
  await lab.untilPower('db-us-west-2', 'on');
  const { address } = hostNamed('db-us-east-1');
  await sh(lab, 'us-west-2', copy(address), `*:*:*:${role}:${password}\n`);
  writeOverlay(paths, true);
  await until('the standby of SpaceTime streams', async () => (await streaming(lab)) === 'streaming', {
    timeoutMs: 30_000,
  });
}

/** Wherever the primary is by now, us-east-1 is one without a standby afterwards. Can be called twice. */
export async function detachReplica(lab: Lab): Promise<void> {
  writeOverlay(labPaths(lab.dir), false);
  await sh(lab, 'us-east-1', tearDown);
}

function streaming(lab: Lab): Promise<string> {
  return sh(lab, 'us-west-2', `${psql} postgres -c 'SELECT status FROM pg_stat_wal_receiver' || true`);
}

function passwordOf(paths: LabPaths): string {
  const file = passwordFile(paths);
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

function passwordFile(paths: LabPaths): string {
  return join(paths.keys, 'spacetime-replication');
}

/** Twice does no harm. What pg_rewind reads is granted by name. */
function setUp(password: string): string {
  return `SELECT 'CREATE ROLE ${role} LOGIN REPLICATION' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \\gexec
ALTER ROLE ${role} LOGIN REPLICATION PASSWORD '${password}';
GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean) TO ${role};
SELECT pg_create_physical_replication_slot('${slot}', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '${slot}');
`;
}

/** The password comes by stdin. The host's own settings stay. */
function copy(primary: string): string {
  const conninfo = `host=${primary} port=${ports.postgres} user=${role} application_name=${slot} passfile=${passfile}`;
  return `set -eu; cd /
runuser -u postgres -- sh -c 'umask 077; cat >${passfile}'
systemctl stop postgresql
cp -p ${data}/postgresql.auto.conf /tmp/own.conf
rm -rf ${data}
runuser -u postgres -- env PGPASSFILE=${passfile} pg_basebackup -h ${primary} -U ${role} -w -D ${data} -X stream -S ${slot} --checkpoint=fast
cp -p /tmp/own.conf ${data}/postgresql.auto.conf
printf '%s\\n' "primary_conninfo = '${conninfo}'" "primary_slot_name = '${slot}'" >>${data}/postgresql.auto.conf
runuser -u postgres -- touch ${data}/standby.signal
systemctl start postgresql`;
}

const tearDown = `set -u; cd /
systemctl start postgresql
for i in $(seq 50); do ${psql} postgres -c 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.1; done
${psql} postgres -c 'SELECT pg_promote(true, 20) WHERE pg_is_in_recovery()' >/dev/null
for i in $(seq 50); do ${psql} postgres -c "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active" >/dev/null
  ${psql} postgres -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" >/dev/null 2>&1 && break; sleep 0.1; done
rm -rf ${data}.diverged-* ${data}.before-* /var/lib/postgresql/15/.muster-*
${psql} postgres -c 'SELECT pg_is_in_recovery()' | grep -qx f`;

function writeOverlay(paths: LabPaths, replica: boolean): void {
  const file = join(paths.plans, 'overlays', labOverlay, 'spacetime.yaml');
  const { components: _own, ...overlay } = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const plan = parse(readFileSync(join(paths.plans, 'spacetime.yaml'), 'utf8')) as { components: { driver: string }[] };
  const components = plan.components.map((each) => ({
    ...each,
    standby: each.driver === 'postgresql' ? standby(paths) : { strategy: 'warm' },
  }));
  writeFileSync(file, stringify(replica ? { ...overlay, components } : overlay));
}

function standby(paths: LabPaths): object {
  return {
    strategy: 'replica',
    dataDirectory: data,
    start: 'systemctl start postgresql',
    stop: 'systemctl stop postgresql',
    user: role,
    password: { file: passwordFile(paths) },
    slot,
    within: '30s',
  };
}

async function sh(lab: Lab, site: Region, script: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await lab.ssh(`db-${site}`, script, { input });
  if (code !== 0) throw new Error(`db-${site}: a script of the replica ended with ${code}: ${stderr.slice(-600)}`);
  return stdout.trim();
}
