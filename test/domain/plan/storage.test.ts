/** What a plan may say of a storage location, and what is said when it may not. */
import { describe, expect, it } from 'vitest';
import { checkSecrets } from '../../../activities/plans/check-secrets.ts';
import { holderOf, isUnencrypted, locationSchema } from '../../../domain/plan/storage.ts';
import { addressOf } from '../../../domain/storage/local.ts';
import { isLoopback } from '../../../domain/storage/shared.ts';
import { spacetimePlan } from '../../support/plan.ts';

const ref = { env: 'SECRET' };
const served = {
  url: 'https://backup.example.com:8443',
  listen: '10.0.3.5:8443',
  certificate: { file: 'backup.crt' },
  key: ref,
  secret: ref,
};
const s3 = { driver: 's3', region: 'us-east-1', bucket: 'points' };
const azure = {
  driver: 'azure',
  region: 'westeurope',
  account: 'companybackups',
  container: 'points',
  accountKey: ref,
};
const gcs = { driver: 'gcs', region: 'europe-west4', bucket: 'points', serviceAccountKey: ref };
const local = { driver: 'local', region: 'office', folder: '/mnt/backup', served };

function refusalOf(location: object): string {
  const { error } = locationSchema.safeParse(location);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

it.each([
  [s3, 'points'],
  [azure, 'companybackups/points'],
  [gcs, 'points'],
  [local, '/mnt/backup'],
])('takes %o', (location, holder) => {
  expect(holderOf(locationSchema.parse(location))).toBe(holder);
});

describe('a location without TLS', () => {
  it.each([s3, azure, gcs])('is refused, unless it is on this machine or says that it is insecure: %o', (location) => {
    const far = { ...location, endpoint: 'http://10.0.0.1:9000' };
    expect(refusalOf(far)).toMatch(/^endpoint: http:\/\/ lets anyone on the way use the signed URLs. Try: https/);
    expect(refusalOf({ ...far, endpoint: 'http://127.0.0.1.example.com' })).toMatch(/^endpoint: http/);
    expect(refusalOf({ ...far, endpoint: 'ftp://10.0.0.1' })).toMatch(/^endpoint: /);
    for (const endpoint of [
      'http://127.0.0.1:9000',
      'http://localhost:9000',
      'http://[::1]:9000',
      'https://10.0.0.1',
    ]) {
      const near = locationSchema.parse({ ...location, endpoint });
      expect(isUnencrypted(near), endpoint).toBe(false);
    }
    expect(isUnencrypted(locationSchema.parse({ ...far, insecure: true }))).toBe(true);
  });

  it('is not served to others either', () => {
    const plain = { url: 'http://127.0.0.1:8080', listen: '127.0.0.1:8080', secret: ref };
    expect(refusalOf({ ...local, served: plain })).toBe('');
    expect(refusalOf({ ...local, served: { ...plain, listen: '0.0.0.0:8080' } })).toMatch(/this machine alone/);
    expect(refusalOf({ ...local, served: { ...plain, url: 'http://backup.example.com' } })).toMatch(/127.0.0.1 only/);
    const { key: _, ...keyless } = served;
    expect(refusalOf({ ...local, served: keyless })).toMatch(/needs a certificate and a key/);
  });
});

it('refuses a lock that nobody would set, a folder that climbs, and names that the store would not take', () => {
  for (const location of [azure, gcs, local]) {
    expect(refusalOf({ ...location, lock: { mode: 'COMPLIANCE', for: '30d' } })).toMatch(/locks on S3 only/);
  }
  expect(refusalOf({ ...local, folder: '/mnt/../etc' })).toMatch(/does not climb/);
  expect(refusalOf({ ...local, served: { ...served, listen: 'backup.example.com' } })).toMatch(/IP address and a port/);
  expect(refusalOf({ ...azure, account: 'Company-Backups' })).toMatch(/^account: /);
  expect(refusalOf({ ...azure, container: 'a--b' })).toMatch(/^container: /);
});

it('reads where to listen, and knows this machine', () => {
  expect(addressOf('10.0.3.5:8443')).toEqual({ host: '10.0.3.5', port: 8443 });
  expect(addressOf('[::1]:8443')).toEqual({ host: '::1', port: 8443 });
  expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true);
  expect(['10.0.0.1', '128.0.0.1', '0.0.0.0', '127.0.0.1.example.com'].some(isLoopback)).toBe(false);
});

it('names the secrets of every driver that cannot be read', async () => {
  const plan = await spacetimePlan();
  plan.storage = Object.fromEntries(
    Object.entries({ azure, gcs, local }).map(([name, each]) => [name, locationSchema.parse(each)]),
  );
  const findings = await checkSecrets(plan, async () => {
    throw new Error('not here');
  });
  const paths = findings.map(({ path }) => path).filter((path) => path.startsWith('storage.'));
  expect(paths).toEqual([
    'storage.azure.accountKey',
    'storage.gcs.serviceAccountKey',
    'storage.local.served.key',
    'storage.local.served.secret',
  ]);
});
