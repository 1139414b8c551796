/**
 * Signatures of webhook requests: HMAC-SHA256 over `<timestamp>.<delivery>.<body>` with the secret of the plan. The delivery is part of it,
 * or a request that was overheard could be sent again under another one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedHeaders {
  /** Unix seconds, as text. */
  readonly timestamp: string;
  readonly delivery: string;
  /** `sha256=<hex>` */
  readonly signature: string;
}

/** s that a request's time may differ from ours. */
const window = 300;

export function signatureOf(secret: string, timestamp: string, delivery: string, body: Buffer | string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${delivery}.`).update(body).digest('hex')}`;
}

/** Empty when it is good, else why not. @param now  ms */
export function whyUnsigned(secret: string, headers: SignedHeaders, body: Buffer, now: number): string {
  const expected = Buffer.from(signatureOf(secret, headers.timestamp, headers.delivery, body));
  const given = Buffer.from(headers.signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'the signature is not good';
  const apart = Math.abs(now / 1000 - Number(headers.timestamp));
  return apart <= window ? '' : `its time is ${Math.round(apart)} s from ours, and ${window} s are allowed`;
}
