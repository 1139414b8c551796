/** pgBackRest's configuration, as text. It holds secrets: only a secret of a host job may carry what `configOf` gives. */
import { refusal } from '../../domain/errors.ts';
import type { PostgresqlPitrComponent } from '../../domain/plan/component.ts';
import type { StorageLocation } from '../../domain/plan/storage.ts';
import type { SecretRef } from '../../domain/plan/values.ts';

type Storage = Readonly<Record<string, StorageLocation>>;
type Value = (ref: SecretRef) => Promise<string> | string;

/**
 * `secret` gives what stands for each secret: the secret itself, or a placeholder for people.
 * Refusals `PlanInvalid` (no such S3 location), `TlsRequired`, `SecretMissing`.
 */
export async function configOf(component: PostgresqlPitrComponent, storage: Storage, secret: Value): Promise<string> {
  const { stanza, dataDirectory, port, cipherPass } = component;
  const settings: [string, string | number][] = [
    ...(await repositoryOf(component, storage, secret)),
    ['repo1-cipher-type', 'aes-256-cbc'],
    ['repo1-cipher-pass', await secret(cipherPass)],
    ['repo1-bundle', 'y'],
    ['compress-type', 'zst'],
    ['start-fast', 'y'],
    ['archive-timeout', component.archiveTimeout / 1000],
    // Nothing expires here: a recovery point may need it. `pgbackrest expire` is for people.
    ['expire-auto', 'n'],
    ['log-level-file', 'off'],
  ];
  const cluster: [string, string | number][] = [
    ['pg1-path', dataDirectory],
    ['pg1-port', port],
  ];
  return `[global]\n${settings.map(line).join('')}\n[${stanza}]\n${cluster.map(line).join('')}`;
}

async function repositoryOf(
  { name, stanza, repository }: PostgresqlPitrComponent,
  storage: Storage,
  secret: Value,
): Promise<[string, string | number][]> {
  if ('directory' in repository) return [['repo1-path', repository.directory]];
  const location = storage[repository.location];
  if (location?.driver !== 's3') {
    throw refusal('PlanInvalid', `${repository.location}, where ${name} archives to, is no S3 location.`, 'name one.');
  }
  const endpoint = new URL(location.endpoint ?? `https://s3.${location.region}.amazonaws.com`);
  if (endpoint.protocol !== 'https:') {
    throw refusal(
      'TlsRequired',
      `pgBackRest speaks TLS only, and ${repository.location} is at ${endpoint.origin}.`,
      'give the store a certificate, or keep the repository in a directory.',
    );
  }
  const id = repository.accessKeyId ?? location.accessKeyId;
  const key = repository.secretAccessKey ?? location.secretAccessKey;
  if (!id || !key) {
    throw refusal(
      'SecretMissing',
      `Component ${name} has no key for the repository at ${repository.location}.`,
      'name `repository.accessKeyId` and `repository.secretAccessKey`, of a key for that prefix alone.',
    );
  }
  return [
    ['repo1-type', 's3'],
    ['repo1-path', `/${repository.prefix ?? `${location.prefix}/pgbackrest/${stanza}`}`],
    ['repo1-s3-bucket', location.bucket],
    ['repo1-s3-endpoint', endpoint.hostname],
    ['repo1-storage-port', endpoint.port || 443],
    ['repo1-s3-region', location.region],
    ['repo1-s3-uri-style', location.endpoint ? 'path' : 'host'],
    ['repo1-storage-verify-tls', 'y'],
    ...(repository.caFile ? [['repo1-storage-ca-file', repository.caFile] as [string, string]] : []),
    ['repo1-s3-key', await secret(id)],
    ['repo1-s3-key-secret', await secret(key)],
  ];
}

function line([name, value]: [string, string | number]): string {
  if (/[\n\r]/.test(String(value))) {
    throw refusal('SecretMissing', `${name} of pgBackRest would have several lines.`, 'a secret without line breaks.');
  }
  return `${name}=${value}\n`;
}

/** Where the repository is, for people; no secrets. */
export function describeRepository({ repository, stanza }: PostgresqlPitrComponent, storage: Storage): string {
  if ('directory' in repository) return repository.directory;
  const location = storage[repository.location];
  if (location?.driver !== 's3') return repository.location;
  return `s3://${location.bucket}/${repository.prefix ?? `${location.prefix}/pgbackrest/${stanza}`}`;
}
