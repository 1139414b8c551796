/**
 * Capture and restore as a person would do them, with standard tools: everything is decrypted on the machine of that person, never
 * on the host. The functions `at` and `place` and the variables are those of the runbook's own preparation.
 */
import type { Host } from '../../domain/host.ts';
import type {
  Component,
  FilesComponent,
  MariadbComponent,
  PostgresqlComponent,
  PostgresqlPitrComponent,
  RedisComponent,
} from '../../domain/plan/component.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { onHost, throughHost } from '../hosts/on-host.ts';
import { shellQuote } from '../hosts/shell-quote.ts';

type Archived = Exclude<Component, PostgresqlPitrComponent>;

/** Into the folder $POINT, sealed to point.crt in it, and from there to the location. */
export function captureShell(component: Component, host: Host, service: string, location: string): string[] {
  if (component.driver === 'postgresql-pitr') return [onHost(host, [`${backrest(component)} --type=full backup`])];
  const { name } = component;
  const seal = `split -b 63M -d -a 5 --filter='openssl cms -encrypt -aes-256-gcm -binary -stream -outform DER "$POINT/point.crt" >$FILE' - "$POINT/${name}."`;
  return [
    'set -o pipefail; export POINT',
    onHost(host, [`${sourceOf(component)} | zstd -q -1`], ` | ${seal}`),
    `sha256sum "$POINT/${name}."* >>"$POINT/SHA256SUMS"`,
    `at ${location} aws s3 cp --recursive --exclude '*' --include '${name}.*' "$POINT/" "$(place ${location})/${layout.archives(service)}$POINT/"`,
  ];
}

interface From {
  readonly service: string;
  /** A recovery point; undefined where it was captured by hand into $POINT. */
  readonly point: string | undefined;
  readonly location: string;
  readonly into?: string | undefined;
  readonly paths?: readonly string[] | undefined;
}

export function restoreShell(component: Component, host: Host, from: From): string[] {
  if (component.driver === 'postgresql-pitr') return [onHost(host, restoreCluster(component, from))];
  const restored = `restored.${component.name}`;
  const taken =
    from.point === undefined ? unsealed(component, restored) : fetched(component, from.point, from, restored);
  switch (component.driver) {
    case 'files':
      return [...taken, ...putFiles(component, host, restored, from)];
    case 'postgresql':
      return [...taken, ...loadPostgresql(component, host, restored, from)];
    case 'mariadb':
      return [...taken, ...loadMariadb(component, host, restored, from)];
    case 'redis':
      return [...taken, ...loadRedis(component, host, restored)];
  }
}

/** By the point's own script, after its signature was seen. */
function fetched({ name }: Archived, point: string, { service, location }: From, restored: string): string[] {
  const key = layout.restoreSh(service, point);
  return [
    `for each in restore.sh restore.sh.sig; do at ${location} aws s3 cp "$(place ${location})/${layout.point(service, point)}$each" "$each"; done`,
    `openssl pkeyutl -verify -pubin -inkey "$signer" -rawin -in restore.sh -sigfile restore.sh.sig   # ${key}`,
    `at ${location} bash restore.sh --from "$(place ${location})" --signer "$signer" --key "$key" --component ${name} --target "$PWD/${restored}"`,
  ];
}

function unsealed(component: Archived, restored: string): string[] {
  const { name, driver } = component;
  const open = `for part in "$POINT/${name}."[0-9]*; do openssl cms -decrypt -inform DER -binary -inkey "$POINT/point.key" -in "$part"; done | zstd -dq`;
  const into = {
    files: `tar -C ${restored} --xattrs --acls -xpf -`,
    postgresql: `cat >${restored}/${name}.dump`,
    mariadb: `cat >${restored}/${name}.sql`,
    redis: `cat >${restored}/${name}.rdb`,
  }[driver];
  return [`mkdir -p ${restored}`, `${open} | ${into}`];
}

/** What was there is saved first. */
function putFiles(component: FilesComponent, host: Host, restored: string, { into = '/', paths = [] }: From): string[] {
  const { name, permissions, afterRestore } = component;
  const only = (paths.length > 0 ? paths : component.paths).map((path) => globQuoted(`.${path}`)).join(' ');
  const place = shellQuote(into);
  const after = [
    ...permissions.flatMap(({ path, owner, mode, recursive }) => [
      ...(owner ? [`chown ${recursive ? '-R ' : ''}${shellQuote(owner, path)}`] : []),
      ...(mode ? [`chmod ${shellQuote(mode, path)}`] : []),
    ]),
    ...afterRestore,
  ];
  return [
    ...(into === '/'
      ? [
          onHost(host, [
            'cd /',
            `tar -czf /var/tmp/before-${name}.$(date +%s).tar.gz --ignore-failed-read ${only} || echo 'not all of it was there to be saved'`,
          ]),
        ]
      : [throughHost(host, `mkdir -p ${place}`)]),
    `(cd ${restored} && tar --xattrs --acls -cf - ${paths.length > 0 ? only : '.'}) | ${throughHost(host, `tar -C ${place} --xattrs --acls --no-overwrite-dir -xpf -`)}`,
    ...(into === '/' && paths.length === 0 && after.length > 0 ? [onHost(host, after)] : []),
  ];
}

/** What was there is kept under another name. */
function loadPostgresql(
  { name, database, owner, systemUser, port }: PostgresqlComponent,
  host: Host,
  restored: string,
  { into }: From,
): string[] {
  const as = `runuser -u ${shellQuote(systemUser)} --`;
  const target = into ?? database;
  const load = (words: string) =>
    throughHost(host, `${as} pg_restore -p ${port} --exit-on-error ${words} -d ${shellQuote(target)}`);
  const aside = `ALTER DATABASE "${database}" RENAME TO "${database}_before"`;
  return [
    onHost(host, [
      ...(into === undefined ? [`${as} psql -p ${port} -c ${shellQuote(aside)} || echo 'there was none'`] : []),
      `${as} createdb -p ${port} --template=template0 -O ${shellQuote(owner, target)}   # its role must be there: createuser`,
    ]),
    `${load('--section=pre-data --section=data')} <${restored}/${name}.dump`,
    `for more in ${restored}/${name}.[0-9]*.dump; do [ ! -e "$more" ] || ${load('--data-only')} <"$more"; done`,
    `${load('--section=post-data')} <${restored}/${name}.dump`,
  ];
}

function loadMariadb(
  { name, database, socket }: MariadbComponent,
  host: Host,
  restored: string,
  { into }: From,
): string[] {
  const target = into ?? database;
  const at = `mariadb -S ${shellQuote(socket)}`;
  const drop = `DROP DATABASE IF EXISTS \`${target}\`; CREATE DATABASE \`${target}\``;
  const saved = `mariadb-dump -S ${shellQuote(socket)} --single-transaction --routines --triggers --events --hex-blob ${target} | zstd >/var/tmp/before-${name}.$(date +%s).sql.zst`;
  return [
    // What could not be saved is not dropped.
    onHost(host, [
      into === undefined ? `if [ -n "$(${at} -N -e "SHOW DATABASES LIKE '${target}'")" ]; then ${saved}; fi` : ':',
      `${at} -e ${shellQuote(drop)}`,
    ]),
    `for each in ${restored}/${name}.sql ${restored}/${name}.triggers-and-events.sql; do [ ! -e "$each" ] || ${throughHost(host, `${at} ${target}`)} <"$each"; done`,
  ];
}

function loadRedis(component: RedisComponent, host: Host, restored: string): string[] {
  const { name, start, stop } = component;
  const ask = (words: string) => `redis-cli${redisAt(component)} ${words}`;
  return [
    onHost(host, [
      `place=$(${ask('CONFIG GET dir')} | tail -n 1)/$(${ask('CONFIG GET dbfilename')} | tail -n 1)`,
      'printf %s "$place" >/var/tmp/redis-place',
      stop ?? ask('SHUTDOWN SAVE'),
      'if [ -e "$place" ]; then cp -a "$place" "$place.before"; fi   # with an AOF: start it once with --appendonly no',
    ]),
    `${throughHost(host, `bash -c ${shellQuote('cat >"$(cat /var/tmp/redis-place)"')}`)} <${restored}/${name}.rdb`,
    onHost(host, [start]),
  ];
}

function restoreCluster(component: PostgresqlPitrComponent, { service, point }: From): string[] {
  const { dataDirectory, systemUser, stop, start } = component;
  return [
    stop,
    `mv ${dataDirectory} ${dataDirectory}.before && install -d -m 700 -o ${systemUser} ${dataDirectory}`,
    point === undefined
      ? '# the newest backup of the repository, and its log to the end'
      : `# --set: the label in ${layout.restoreMd(service, point)}; without it the newest. For a moment: --type=time '--target=2026-01-02 03:04:05+00'`,
    `${backrest(component)} ${point === undefined ? '' : '--type=immediate --target-action=promote '}restore`,
    start,
  ];
}

/** What writes a component to its standard output, as root. */
function sourceOf(component: Archived): string {
  switch (component.driver) {
    case 'files': {
      const without = component.exclude.map((each) => `--exclude=${shellQuote(each.replace(/\/$/, ''))} `).join('');
      const paths = component.paths.map((path) => globQuoted(`.${path}`)).join(' ');
      return `cd / && tar --posix --sparse --xattrs --acls ${without}-cf - ${paths}`;
    }
    case 'postgresql':
      return `runuser -u ${shellQuote(component.systemUser)} -- pg_dump -p ${component.port} -d ${shellQuote(component.database)} -Fc -Z0`;
    case 'redis':
      return `redis-cli${redisAt(component)} --rdb -`;
    case 'mariadb':
      return `mariadb-dump -S ${shellQuote(component.socket)} --single-transaction --master-data=2 --routines --triggers --events --hex-blob ${shellQuote(component.database)}`;
  }
}

/** Quoted all but its globs, which the host is to expand. */
export function globQuoted(path: string): string {
  return path.replaceAll(/[^*?[\]]+/g, (text) => shellQuote(text));
}

function backrest({ systemUser, stanza }: PostgresqlPitrComponent): string {
  return `runuser -u ${shellQuote(systemUser)} -- pgbackrest --stanza=${stanza}`;
}

export function redisAt({ socket, port }: RedisComponent): string {
  return socket ? ` -s ${shellQuote(socket)}` : ` -p ${port}`;
}
