/** What is true of the keys of a plan, seen from this machine: certificates, private keys, signers, and what points are sealed to. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { SealedTo } from '../../domain/points/sealed-key.ts';
import type { ObjectStore } from '../storage/store.ts';
import { envelopesAt } from './envelopes.ts';
import { type KeyPoints, keyPointsOf } from './key-points.ts';
import type { Recipient } from './keys.ts';
import { mapLimited } from './map-limited.ts';
import { readRecipient, recipientFiles } from './recipients.ts';
import { loadSigner, type PinnedSigners } from './signer.ts';

export interface RecipientSeen {
  readonly name: string;
  readonly file: string;
  /** Absent where the certificate cannot be read; then `trouble` says why. */
  readonly certificate?: Recipient;
  readonly trouble?: string;
  /** Whether this machine has the private key of it. Nobody should have the offline one. */
  readonly privateKey: 'matches' | 'another key' | 'not here';
}

/** Secrets are read to be compared, and forgotten. */
export async function seeRecipients(
  plan: Plan,
  planFolder: string,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<RecipientSeen[]> {
  return await Promise.all(
    recipientFiles(plan).map(async ({ name, file }): Promise<RecipientSeen> => {
      try {
        const certificate = await readRecipient(name, file, planFolder);
        const ref = plan.sites[name]?.key;
        const pem = await readFile(resolve(planFolder, file));
        return { name, file, certificate, privateKey: ref ? await matches(pem, ref, secret) : 'not here' };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { name, file, trouble: error.message, privateKey: 'not here' };
      }
    }),
  );
}

async function matches(
  certificate: Buffer,
  ref: SecretRef,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<RecipientSeen['privateKey']> {
  let pem: string;
  try {
    pem = await secret(ref);
  } catch (error) {
    if (error instanceof Refusal && error.type === 'SecretMissing') return 'not here';
    throw error;
  }
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(pem)) ? 'matches' : 'another key';
  } catch {
    return 'another key';
  }
}

/** `unpinned`: this machine would sign what nobody believes. */
export async function seeSigner(
  plan: Plan,
  signers: PinnedSigners,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<{ state: 'pinned' | 'unpinned' | 'not here'; fingerprint?: string }> {
  try {
    const { fingerprint } = await loadSigner(plan, secret);
    return { state: signers.fingerprints.includes(fingerprint) ? 'pinned' : 'unpinned', fingerprint };
  } catch (error) {
    if (error instanceof Refusal && error.type === 'SecretMissing') return { state: 'not here' };
    throw error;
  }
}

export interface PointSealed {
  readonly point: string;
  /** For a batch of a shipped log, which is then the point: of which component. */
  readonly log?: string;
  readonly location: string;
  /** Of the newest envelope; empty where there is none. */
  readonly recipients: readonly SealedTo[];
  /** Envelopes before it that still lie there. */
  readonly older: number;
}

export interface SealedPoints extends Pick<KeyPoints, 'refused' | 'unreachable'> {
  readonly points: readonly PointSealed[];
}

/** To whom the newest points, and the newest batches of each shipped log, are sealed, at each location. */
export async function seeSealedPoints(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  newest: number,
): Promise<SealedPoints> {
  const { points, refused, unreachable } = await keyPointsOf(stores, service, signers, { newest });
  const looked = await mapLimited(points, 8, async ({ named, under, log, stores: at }) =>
    Promise.all(
      at.map(async (store): Promise<PointSealed> => {
        const { envelopes } = await envelopesAt(store, under, named, signers);
        const [first] = envelopes;
        const recipients = first?.recipients ?? [];
        const older = Math.max(0, envelopes.length - 1);
        return { point: named.point, ...(log ? { log } : {}), location: store.location, recipients, older };
      }),
    ),
  );
  return { points: looked.flat(), refused, unreachable };
}
