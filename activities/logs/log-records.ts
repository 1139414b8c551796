/** Records of shipped logs: written signed, read only when a pinned signer made them, copied to the other locations. */

import { type LogRecord, logLayout, logRecordSchema } from '../../domain/databases/log-record.ts';
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { mapLimited } from '../points/map-limited.ts';
import { loadPinned, loadSigner, type PinnedSigners, sha256Of } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';

const recordLimit = 16 * 1024 * 1024;
const partLimit = 80 * 1024 * 1024;
/** Parts in memory at once; each is at most 64 MiB. */
const atOnce = 2;

/** Ids of the batches at a location, oldest first. */
export async function batchesAt(store: ObjectStore, log: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of store.list(logLayout.records(log))) {
    const id = /\/(\d{8}_\d{6})\.json$/.exec(key)?.[1];
    if (id) ids.push(id);
  }
  return ids.sort();
}

/** Undefined for one that is absent, is not signed by a pinned signer, or is not of this log. */
export async function readLogRecord(
  store: ObjectStore,
  log: string,
  batch: string,
  signers: PinnedSigners,
): Promise<LogRecord | undefined> {
  const key = logLayout.record(log, batch);
  const [bytes, signature] = await Promise.all([
    read(store, key, recordLimit),
    read(store, layout.signature(key), 1024),
  ]);
  if (!bytes || !signature || signers.signedBy(bytes, signature) === undefined) return undefined;
  const record = logRecordSchema.parse(JSON.parse(bytes.toString('utf8')));
  return record.batch === batch && layout.log(record.service, record.component) === log ? record : undefined;
}

/** Every record that any location has and that is to be believed. A location that does not answer is passed over while another does. */
export async function logRecordsFrom(
  stores: readonly ObjectStore[],
  log: string,
  signers: PinnedSigners,
): Promise<LogRecord[]> {
  const records = new Map<string, LogRecord>();
  let silent: unknown;
  let answered = false;
  for (const store of stores) {
    try {
      const missing = (await batchesAt(store, log)).filter((batch) => !records.has(batch));
      const found = await mapLimited(missing, 8, async (batch) => await readLogRecord(store, log, batch, signers));
      for (const record of found) if (record) records.set(record.batch, record);
      answered = true;
    } catch (error) {
      silent = error;
    }
  }
  if (!answered) throw silent;
  return [...records.values()];
}

/** The newest that is to be believed. */
export async function newestLogRecord(store: ObjectStore, log: string, context: StepContext) {
  const signers = await loadPinned(context.plan, context.planFolder);
  for (const batch of (await batchesAt(store, log)).reverse()) {
    const record = await readLogRecord(store, log, batch, signers);
    if (record) return record;
  }
  return undefined;
}

/** The signature first: a record never stands without one. */
export async function writeLogRecord(
  store: ObjectStore,
  log: string,
  record: Omit<LogRecord, 'signer'>,
  context: StepContext,
): Promise<void> {
  const signer = await loadSigner(context.plan, context.secret);
  const whole = logRecordSchema.parse({ ...record, signer: signer.fingerprint });
  const bytes = Buffer.from(`${JSON.stringify(whole, undefined, 1)}\n`);
  const key = logLayout.record(log, record.batch);
  await lock(store, [whole.key.key, ...partsOf(whole).map((part) => part.key)], context);
  context.assertCurrent();
  await store.put(layout.signature(key), signer.sign(bytes));
  context.assertCurrent();
  await store.putIfAbsent(key, bytes);
  await lock(store, [layout.signature(key), key], context);
}

/**
 * Brings the batches that a location lacks over, hashes checked, the record last. What is older than the oldest there was taken away by
 * retention. Answers how many.
 */
export async function copyLogRecords(
  source: ObjectStore,
  target: ObjectStore,
  log: string,
  context: StepContext,
): Promise<number> {
  const signers = await loadPinned(context.plan, context.planFolder);
  const there = await batchesAt(target, log);
  const [oldest = ''] = there;
  const missing = (await batchesAt(source, log)).filter((batch) => batch > oldest && !there.includes(batch));
  let copied = 0;
  for (const batch of missing) {
    const record = await readLogRecord(source, log, batch, signers);
    if (!record) continue;
    const objects = [...partsOf(record), ...(await sealedKeysAt(source, log, batch))];
    await mapLimited(objects, atOnce, async ({ key, sha256 }) => {
      context.heartbeat({ text: `copying ${key} to ${target.location}` });
      const { body } = await source.get(key, partLimit);
      const wanted = key === record.key.key ? record.key.sha256 : sha256;
      if (wanted !== undefined && sha256Of(body) !== wanted) throw new Error(`${key} at ${source.location} is damaged`);
      context.assertCurrent();
      await target.putIfAbsent(key, body);
    });
    const key = logLayout.record(log, batch);
    const [bytes, signature] = await Promise.all([source.get(key, recordLimit), source.get(layout.signature(key))]);
    await lock(
      target,
      objects.map((object) => object.key),
      context,
    );
    context.assertCurrent();
    await target.put(layout.signature(key), signature.body);
    context.assertCurrent();
    await target.putIfAbsent(key, bytes.body);
    await lock(target, [layout.signature(key), key], context);
    copied += 1;
  }
  return copied;
}

/** All envelopes: the one that the record names may have been deleted since, and what is said of the others is signed. */
async function sealedKeysAt(store: ObjectStore, log: string, batch: string) {
  const keys: { key: string; sha256?: string }[] = [];
  for await (const { key } of store.list(layout.sealedKeys(log, batch))) keys.push({ key });
  return keys;
}

function partsOf(record: LogRecord) {
  return record.segments.flatMap(({ parts }) => parts);
}

async function lock(store: ObjectStore, keys: readonly string[], context: StepContext): Promise<void> {
  const wanted = context.plan.storage[store.location]?.lock;
  if (!wanted) return;
  for (const key of keys) await store.retainUntil?.(key, undefined, new Date(Date.now() + wanted.for));
}

async function read(store: ObjectStore, key: string, limit: number): Promise<Buffer | undefined> {
  try {
    return (await store.get(key, limit)).body;
  } catch (error) {
    if (error instanceof Refusal && error.type === 'ObjectNotFound') return undefined;
    throw error;
  }
}
