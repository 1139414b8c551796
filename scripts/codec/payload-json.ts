/** Payloads as JSON, the way protobuf writes them: every byte string in base64. */
import type { Payload } from '@temporalio/common';
import { z } from 'zod';

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);
const body = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() })),
});

/** Undefined where the text is no list of payloads. */
export function fromJson(text: string): Payload[] | undefined {
  const parsed = body.safeParse(json(text));
  return parsed.data?.payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, bytes(value)])),
    data: bytes(data ?? ''),
  }));
}

export function toJson(payloads: readonly Payload[]): object[] {
  return payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, text(value)])),
    data: text(data ?? new Uint8Array()),
  }));
}

function json(from: string): unknown {
  try {
    return JSON.parse(from);
  } catch {
    return undefined;
  }
}

function bytes(from: string): Uint8Array {
  return new Uint8Array(Buffer.from(from, 'base64'));
}

function text(from: Uint8Array): string {
  return Buffer.from(from).toString('base64');
}
