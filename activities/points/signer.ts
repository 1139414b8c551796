/** Ed25519 signatures over manifests, marks and the files for people; verified against the keys pinned in the plan. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';

export interface Signer {
  /** SHA-256 of the public key in DER, hex. */
  readonly fingerprint: string;
  sign(bytes: Buffer): Buffer;
}

export interface PinnedSigners {
  /** Fingerprints in the plan's order. */
  readonly fingerprints: readonly string[];
  /** Fingerprint of the pinned key that made the signature. */
  signedBy(bytes: Buffer, signature: Buffer): string | undefined;
}

/** Refusals `SecretMissing`, `KeyMissing`. */
export async function loadSigner(
  plan: Pick<Plan, 'signer'>,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<Signer> {
  const key = parsed(createPrivateKey, await secret(plan.signer.key), 'The signing key of the plan');
  return { fingerprint: fingerprintOf(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) };
}

/** Refusal `KeyMissing` when a pinned file is absent or no Ed25519 public key. */
export async function loadPinned(plan: Pick<Plan, 'signer'>, planFolder: string): Promise<PinnedSigners> {
  const keys = await Promise.all(
    plan.signer.pinned.map(async ({ file }) => {
      const pem = await readFile(resolve(planFolder, file)).catch(() => {
        throw refusal(
          'KeyMissing',
          `The pinned signer key ${file} cannot be read.`,
          'put it there, or correct the plan.',
        );
      });
      return parsed(createPublicKey, pem, `The pinned signer key ${file}`);
    }),
  );
  return pinnedSigners(keys);
}

export function pinnedSigners(keys: readonly KeyObject[]): PinnedSigners {
  return {
    fingerprints: keys.map(fingerprintOf),
    signedBy(bytes, signature) {
      const key = keys.find((candidate) => verify(null, bytes, candidate, signature));
      return key && fingerprintOf(key);
    },
  };
}

export function sha256Of(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function fingerprintOf(key: KeyObject): string {
  return sha256Of(key.export({ type: 'spki', format: 'der' }));
}

function parsed(read: (pem: string | Buffer) => KeyObject, pem: string | Buffer, what: string): KeyObject {
  const wrong = refusal(
    'KeyMissing',
    `${what} is not an Ed25519 key in PEM.`,
    'openssl genpkey -algorithm ed25519 -out signer.key; openssl pkey -in signer.key -pubout -out signer.pub',
  );
  let key: KeyObject;
  try {
    key = read(pem);
  } catch {
    throw wrong;
  }
  if (key.asymmetricKeyType !== 'ed25519') throw wrong;
  return key;
}
