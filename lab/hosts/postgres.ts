/** PostgreSQL of a database host: an empty cluster of its own and the unit that runs it. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostSpec, network, ports } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { run } from '../shell.ts';

const dataDirectory = '/var/lib/postgresql/15/main';

export const postgresUnit = `[Unit]
Description=PostgreSQL 15

[Service]
Type=simple
User=postgres
RuntimeDirectory=postgresql
ExecStart=/usr/lib/postgresql/15/bin/postgres -D ${dataDirectory}
KillSignal=SIGINT
TimeoutStopSec=20

[Install]
WantedBy=multi-user.target
`;

/**
 * Runs initdb once a host and keeps the result beside its disk, so that a fresh disk costs a copy.
 * Peer authentication on the host's own socket; scram over the network.
 */
export async function pristineCluster(paths: LabPaths, host: HostSpec): Promise<void> {
  const home = join(paths.host(host.name), 'postgresql');
  const cluster = join(home, '15', 'main');
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  mkdirSync(cluster, { recursive: true });
  await run('chown', ['-R', 'postgres:postgres', home]);
  const script = `mount --bind "$1" /var/lib/postgresql && cd / && exec runuser -u postgres -- \\
    /usr/lib/postgresql/15/bin/initdb -D ${dataDirectory} --no-sync --no-instructions \\
    --locale=C.UTF-8 --encoding=UTF8 --auth-local=peer --auth-host=scram-sha-256 >/dev/null`;
  await run('unshare', ['-m', '--propagation', 'private', 'bash', '-euc', script, 'initdb', home]);
  writeFileSync(join(cluster, 'postgresql.auto.conf'), settings(host));
  writeFileSync(join(cluster, 'pg_hba.conf'), hba);
}

function settings(host: HostSpec): string {
  return `listen_addresses = '${host.address}'
port = ${ports.postgres}
unix_socket_directories = '/run/postgresql'
shared_buffers = '64MB'
max_connections = 60
wal_level = 'replica'
max_wal_senders = 10
wal_log_hints = on
log_line_prefix = '%m [%p] '
timezone = 'UTC'
log_timezone = 'UTC'
`;
}

const hba = `local all postgres peer
local all all peer
local replication postgres peer
host all all ${network} scram-sha-256
host replication all ${network} scram-sha-256
`;
