/** `RESTORE.md` and `restore.sh` of a point: what lets a person restore it with no Muster and no Temporal. */
import { readFileSync } from 'node:fs';
import { formatDuration } from '../../domain/duration.ts';
import type { ByHand } from '../../domain/plan/encryption.ts';
import { archiveName, type ComponentRecord, layout, type Manifest } from '../../domain/points/recovery-point.ts';

const template = (name: string) => readFileSync(new URL(`by-hand/${name}`, import.meta.url), 'utf8');

/** Key to text. Deterministic, so that an attempt that was interrupted writes the same again. */
export function restoreFiles(manifest: Manifest, byHand: ByHand): Record<string, string> {
  return {
    [manifest.restoreMd.key]: restoreMd(manifest, byHand),
    [manifest.restoreSh.key]: restoreSh(manifest, byHand),
  };
}

function restoreMd(manifest: Manifest, byHand: ByHand): string {
  const { service, id } = manifest;
  const values: Record<string, string> = {
    service,
    point: id,
    taken: manifest.takenAt,
    site: manifest.site,
    run: manifest.run,
    version: [manifest.version, manifest.commit].filter(Boolean).join(', commit ') || 'not recorded',
    signer: manifest.signer,
    folder: layout.point(service, id),
    key: manifest.keys[0]?.key ?? '',
    approval: byHand.approval === 'required' ? approvalText(service, id, byHand) : '',
    decrypt: manifest.keys[0]?.encryption === 'gpg' ? gpgDecrypt : cmsDecrypt,
    components: manifest.components.map(describe).join('\n'),
  };
  return template('restore-md.txt').replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

const cmsDecrypt =
  '    openssl cms -decrypt -inform DER -binary -inkey point.key -in PART | zstd -d | tar -x --xattrs --acls';
const gpgDecrypt = [
  '    mkdir -m 700 /dev/shm/keyring && gpg --homedir /dev/shm/keyring --import point.key',
  '    gpg --homedir /dev/shm/keyring --decrypt PART | zstd -d | tar -x --xattrs --acls',
  '    gpgconf --homedir /dev/shm/keyring --kill gpg-agent; rm -r /dev/shm/keyring',
].join('\n');

function approvalRows({ within, approvers }: ByHand): (string | number)[][] {
  return [['approval', Math.floor(within / 1000)], ...approvers.map(({ name, key }) => ['approver', name, key])];
}

function approvalText(service: string, point: string, { within, approvers }: ByHand): string {
  return `
   The plan asks for an approval by ${approvers.map(({ name }) => name).join(' or ')}, not older than ${formatDuration(within)}. They write and sign:

       printf '%s\\n' 'restore by hand' 'service: ${service}' 'point: ${point}' "at: $(date -u +%FT%TZ)" 'reason: WHY' >approval
       ssh-keygen -Y sign -n muster-by-hand -f THEIR_KEY approval

   and restore.sh is given \`--approval approval\`, with \`approval.sig\` beside it.
`;
}

function describe(record: ComponentRecord): string {
  if (record.driver === 'postgresql-pitr') {
    const { label, stanza, repository } = record.details;
    return `  - ${record.component}: PostgreSQL cluster of ${record.host.hostname}, backup ${label} of stanza ${stanza} in pgBackRest's own repository ${repository}`;
  }
  const what =
    record.driver === 'files'
      ? `${record.entries} files and folders`
      : record.driver === 'redis'
        ? `Redis, ${record.entries} keys,`
        : `database ${record.details.database}`;
  return `  - ${record.component}: ${what} of ${record.host.hostname}, ${record.bytes} bytes, ${record.archives.length} archives`;
}

/** The script, and below it the table it works from, as comments. Both are signed together. */
function restoreSh(manifest: Manifest, byHand: ByHand): string {
  const { service, id } = manifest;
  const rows: (string | number)[][] = [
    ['point', id],
    ['service', service],
    ['taken', manifest.takenAt],
    ['site', manifest.site],
    ['script', manifest.restoreSh.key],
    ['manifest', layout.manifest(service, id)],
    ...(byHand.approval === 'required' ? approvalRows(byHand) : []),
    ...manifest.keys.map(({ key, sha256, point }) => ['key', key, sha256, point]),
    ...manifest.components.map(componentRow),
    ...manifest.components.flatMap((record) => partRows(record, id)),
  ];
  return `${template('restore.sh')}${rows.map((row) => `# ${row.join('\t')}\n`).join('')}`;
}

function componentRow({ component, driver, details }: ComponentRecord): string[] {
  const { encoding, collate, ctype, provider = 'c', icuLocale } = details;
  const facts: Record<string, unknown[]> = {
    postgresql: [encoding, collate, ctype, provider, icuLocale ?? '-'],
    'postgresql-pitr': [details.stanza, details.label, details.repository],
    mariadb: [details.charset, details.collation, details.database],
  };
  const words = (facts[driver] ?? []).map((fact) => String(fact).replaceAll(/[\t\n]/g, ' '));
  return ['component', component, driver, ...words];
}

function partRows(record: ComponentRecord, id: string): (string | number)[][] {
  const rows = record.archives.flatMap((archive) =>
    archive.parts.map((part, n) => [
      ...['part', record.component, archiveName(archive, id)],
      ...[n, part.bytes, part.sha256, part.key, archive.point],
    ]),
  );
  const index = (record.index?.parts ?? []).map((part, n) => {
    return ['part', record.component, 'index', n, part.bytes, part.sha256, part.key, id];
  });
  return [...rows, ...index];
}
