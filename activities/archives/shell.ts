/** The commands a person would type instead of the steps of this area; for the printed runbook. */
import type { Host } from '../../domain/host.ts';
import type { Component, PostgresqlPitrComponent, RedisComponent } from '../../domain/plan-component.ts';
import { layout } from '../../domain/recovery-point.ts';
import { shellQuote } from '../hosts/shell-quote.ts';

export function captureShell(component: Component, host: Host, service: string, point: string): string[] {
  if (component.driver === 'postgresql-pitr') {
    return [`ssh ${shellQuote(`${host.ssh.user}@${host.address}`)}`, `${backrest(component)} --type=full backup`];
  }
  const part = layout.part(service, point, component.name, 0, 0, 'ATTEMPT');
  const seal =
    "zstd -q -1 | split -b 63M --filter='openssl cms -encrypt -aes-256-gcm -binary -stream -outform DER point.crt >$FILE'";
  return [
    `ssh ${shellQuote(`${host.ssh.user}@${host.address}`)}`,
    `${sourceOf(component)} | ${seal} -`,
    `# put each part as ${part}, and note its SHA-256 for the manifest`,
  ];
}

export function restoreShell(
  component: Component,
  host: Host,
  service: string,
  point: string,
  { into = '/', paths = [] }: { into?: string; paths?: readonly string[] } = {},
): string[] {
  const folder = layout.point(service, point);
  if (component.driver === 'postgresql-pitr') {
    return [
      `ssh ${shellQuote(`${host.ssh.user}@${host.address}`)}`,
      component.stop,
      `mv ${component.dataDirectory} ${component.dataDirectory}.before && install -d -m 700 -o ${component.systemUser} ${component.dataDirectory}`,
      `# LABEL stands in ${folder}RESTORE.md; for a moment: --type=time '--target=2026-01-02 03:04:05+00'`,
      `${backrest(component)} --set=LABEL --type=immediate --target-action=promote restore`,
      component.start,
    ];
  }
  const target =
    paths.length > 0
      ? `RESTORED # then take from there: ${paths.map((path) => shellQuote(path)).join(' ')}`
      : shellQuote(into);
  const by = `bash restore.sh --from URL --signer signer.pub --key offline.key --component ${component.name}`;
  const load = component.driver === 'files' ? `${by} --target ${target}` : `${by} --target .${loadOf(component)}`;
  return [`ssh ${shellQuote(`${host.ssh.user}@${host.address}`)}`, `# with restore.sh from ${folder}`, load];
}

export function verifyShell(component: Component): string[] {
  if (component.driver === 'files') {
    return [...component.paths, ...component.expected].map((path) => `compgen -G ${shellQuote(path)} >/dev/null`);
  }
  return component.checks.map(({ query }) => askOf(component, query));
}

type Database = Exclude<Component, { driver: 'files' }>;

/** What writes a component to its standard output. */
function sourceOf(component: Exclude<Component, PostgresqlPitrComponent>): string {
  switch (component.driver) {
    case 'files':
      return `tar -C / --posix --sparse --xattrs --acls -cf - ${component.paths.map((path) => shellQuote(`.${path}`)).join(' ')}`;
    case 'postgresql':
      return `runuser -u ${shellQuote(component.systemUser)} -- pg_dump -p ${component.port} -d ${shellQuote(component.database)} -Fc -Z0`;
    case 'redis':
      return `redis-cli${redisAt(component)} --rdb -`;
    case 'mariadb':
      return `mariadb-dump -S ${shellQuote(component.socket)} --single-transaction --master-data=2 --routines --triggers --events --hex-blob ${shellQuote(component.database)}`;
  }
}

function loadOf(component: Database): string {
  if (component.driver === 'redis')
    return ` # then stop Redis, put ${component.name}.rdb in the place of its dump.rdb, and start it`;
  return ` --load-database ${component.database}`;
}

/** One question, as a person would ask it. */
function askOf(component: Database, query: string): string {
  switch (component.driver) {
    case 'postgresql':
    case 'postgresql-pitr':
      return `runuser -u ${shellQuote(component.systemUser)} -- psql -XAt -p ${component.port} -d ${shellQuote(component.database)} -c ${shellQuote(query)}`;
    case 'redis':
      return `redis-cli${redisAt(component)} --no-raw ${query}`;
    case 'mariadb':
      return `mariadb -S ${shellQuote(component.socket)} -N -B --raw ${shellQuote(component.database)} -e ${shellQuote(query)}`;
  }
}

function backrest({ systemUser, stanza }: PostgresqlPitrComponent): string {
  return `runuser -u ${shellQuote(systemUser)} -- pgbackrest --stanza=${stanza}`;
}

function redisAt({ socket, port }: RedisComponent): string {
  return socket ? ` -s ${shellQuote(socket)}` : ` -p ${port}`;
}
