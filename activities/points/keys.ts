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
  /** When the certificate begins and ends. */
  readonly since: Date;
  readonly until: Date;
}

/** @param name  common name of the certificate, for people: `spacetime 20260102_031500` */
export async function makeKeyPair(name: string, days = 36_500): Promise<KeyPair> {
  const privateKey = await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  const subject = `/CN=${name.replaceAll('/', ' ')}`;
  const request = ['req', '-x509', '-new', '-key', '{key}', '-sha256', '-days', `${days}`, '-subj', subject];
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
    const { fingerprint256, validFromDate: since, validToDate: until } = new X509Certificate(pem);
    return { name, file, sha256: fingerprint256.replaceAll(':', '').toLowerCase(), since, until };
  } catch {
    throw refusal(
      'KeyMissing',
      `${file} is not a certificate in PEM.`,
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout SITE.key -out SITE.crt -days 3650 -subj /CN=SITE',
    );
  }
}

/** Writes a whole set into a folder: keys of these sites, of the offline recipient, and of a signer. */
export async function generateKeySet(folder: string, sites: readonly string[]): Promise<void> {
  await writeKeys(folder, { recipients: [...sites, 'offline'], signer: true });
}

/**
 * Writes `<recipient>.crt` and `<recipient>.key`, and `signer.key` and `signer.pub`, into a folder; answers their names. Keys have mode
 * 600. An existing file is refused (EEXIST), never replaced.
 *
 * @param days  how long the certificates are valid
 */
export async function writeKeys(
  folder: string,
  { recipients, signer, days }: { recipients: readonly string[]; signer: boolean; days?: number },
): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  const write = async (name: string, content: string | Buffer, mode = 0o644) => {
    await writeFile(join(folder, name), content, { mode, flag: 'wx' });
    written.push(name);
  };
  for (const name of recipients) {
    const pair = await makeKeyPair(`muster ${name}`, days);
    await write(`${name}.crt`, pair.certificate);
    await write(`${name}.key`, pair.privateKey, 0o600);
  }
  if (!signer) return written;
  const pair = generateKeyPairSync('ed25519');
  await write('signer.key', pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  await write('signer.pub', pair.publicKey.export({ type: 'spki', format: 'pem' }));
  return written;
}
