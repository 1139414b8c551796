/**
 * Encrypts what Temporal stores: inputs, results, signals, updates, answers of queries, memos, summaries, heartbeats. AES-256-GCM
 * around the whole payload, with the id of the key beside it: the layout of Temporal's own samples, so their tools read it too.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { encode as bytes, decode as text } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';
import { refusal } from '../../domain/errors.ts';
import type { CodecKey, KeyRing } from './key-ring.ts';

const encoding = 'binary/encrypted';
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const { Payload: wire } = proto.temporal.api.common.v1;

/** Without keys nothing is encrypted, and what is encrypted is refused by name instead of read as rubbish. */
export function payloadCodec(ring: KeyRing): PayloadCodec {
  return {
    async encode(payloads) {
      const key = ring.current();
      return key ? payloads.map((payload) => seal(payload, key)) : payloads;
    },
    async decode(payloads) {
      return payloads.map((payload) => (isEncrypted(payload) ? open(payload, ring) : payload));
    },
  };
}

export function isEncrypted({ metadata }: Payload): boolean {
  return metadata?.encoding !== undefined && text(metadata.encoding) === encoding;
}

function seal(payload: Payload, key: CodecKey): Payload {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key.secret, nonce);
  const sealed = Buffer.concat([
    nonce,
    sealing.update(wire.encode(payload).finish()),
    sealing.final(),
    sealing.getAuthTag(),
  ]);
  return {
    metadata: {
      encoding: bytes(encoding),
      'encryption-cipher': bytes('AES-256-GCM'),
      'encryption-key-id': bytes(key.id),
    },
    data: sealed,
  };
}

function open({ metadata, data }: Payload, ring: KeyRing): Payload {
  const id = text(metadata?.['encryption-key-id'] ?? new Uint8Array());
  if (id === '')
    throw refusal(
      'CodecDataWrong',
      'This payload is encrypted and names no key: it was changed, or something else than Muster wrote it.',
      'find out who wrote it; whatever reads it needs that codec.',
    );
  const key = ring.find(id);
  const sealed = data ?? new Uint8Array();
  try {
    const opening = createDecipheriv(cipher, key.secret, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opening.setAuthTag(sealed.subarray(-tagBytes));
    const clear = Buffer.concat([opening.update(sealed.subarray(nonceBytes, -tagBytes)), opening.final()]);
    return wire.decode(clear) as Payload;
  } catch {
    throw refusal(
      'CodecDataWrong',
      `This payload does not open with the key ${id}: it was changed, or another key has that name here.`,
      'compare the line of that key with the one that the workers have.',
    );
  }
}
