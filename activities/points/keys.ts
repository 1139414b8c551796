/**
 * Keys of recovery points. Each point has a key pair of its own (EC P-256); its private key exists only in memory and
 * sealed, as a CMS envelope, to the sites and the offline recipient.
 */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import { OpensslFailed, openssl } from './openssl.ts';

export interface KeyPair {
  /** Self-signed certificate, PEM. Public. */
  readonly certificate: string;
  /** PKCS#8, PEM. */
  readonly privateKey: Buffer;
}

export interface Recipient {
  readonly name: string;
  /** Path of the certificate (PEM). */
  readonly file: string;
  /** SHA-256 of the certificate, hex. */
  readonly sha256: string;
}

/** @param name  common name of the certificate, for people: `spacetime 20260102_031500` */
export async function makeKeyPair(name: string): Promise<KeyPair> {
  const privateKey = await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  const subject = `/CN=${name.replaceAll('/', ' ')}`;
  const request = ['req', '-x509', '-new', '-key', '{key}', '-sha256', '-days', '36500', '-subj', subject];
  return { certificate: (await openssl(request, { key: privateKey })).toString(), privateKey };
}

/** Seals bytes to all recipients: CMS in DER, AES-256-GCM. Without a recipient it refuses (`KeyMissing`). */
export async function seal(content: Buffer, recipients: readonly Recipient[]): Promise<Buffer> {
  if (recipients.length === 0)
    throw refusal('KeyMissing', 'There is nobody to seal to.', 'name certificates in the plan.');
  const flags = ['cms', '-encrypt', '-aes-256-gcm', '-binary', '-outform', 'DER'];
  return await openssl([...flags, ...recipients.map(({ file }) => file)], { stdin: content });
}

/** Opens an envelope. Refusal `KeyMissing` when this key is not one of its recipients' or the envelope was changed. */
export async function unseal(envelope: Buffer, privateKey: string | Buffer, whose: string): Promise<Buffer> {
  try {
    return await openssl(['cms', '-decrypt', '-inform', 'DER', '-binary', '-inkey', '{key}'], {
      stdin: envelope,
      key: privateKey,
    });
  } catch (error) {
    if (!(error instanceof OpensslFailed)) throw error;
    throw refusal(
      'KeyMissing',
      `The key of ${whose} does not open this recovery point's key.`,
      'use the key of a site that was a recipient when the point was taken, or the offline key.',
    );
  }
}

/** Reads what a certificate is; refusal `KeyMissing` for anything else. */
export function recipientOf(name: string, file: string, pem: string | Buffer): Recipient {
  try {
    return { name, file, sha256: new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase() };
  } catch {
    throw refusal(
      'KeyMissing',
      `${file} is not a certificate in PEM.`,
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout SITE.key -out SITE.crt -days 3650 -subj /CN=SITE',
    );
  }
}

/**
 * Writes a whole set into a folder: `<site>.crt`, `<site>.key`, `offline.crt`, `offline.key` (to be taken away from all
 * machines), `signer.key`, `signer.pub`. Keys have mode 600. Existing files are refused by their names (EEXIST).
 */
export async function generateKeySet(folder: string, sites: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, content: string | Buffer, mode = 0o644) =>
    writeFile(join(folder, name), content, { mode, flag: 'wx' });
  for (const name of [...sites, 'offline']) {
    const pair = await makeKeyPair(`muster ${name}`);
    await write(`${name}.crt`, pair.certificate);
    await write(`${name}.key`, pair.privateKey, 0o600);
  }
  const signer = generateKeyPairSync('ed25519');
  await write('signer.key', signer.privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  await write('signer.pub', signer.publicKey.export({ type: 'spki', format: 'pem' }));
}
