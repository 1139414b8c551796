/** The record of every use of a private key: written before the key is used, where somebody can read it later. */
import { hostname } from 'node:os';
import { Refusal, refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { type KeyUse, keyUseSchema } from '../../domain/points/sealed-key.ts';
import type { StepContext } from '../context.ts';
import type { ObjectStore } from '../storage/store.ts';
import { mapLimited } from './map-limited.ts';
import { loadSigner, type PinnedSigners } from './signer.ts';

interface SignedUse {
  /** The record as text: what was signed, byte for byte. */
  readonly use: string;
  /** Base64; absent where the worker has no signing key. */
  readonly signature?: string;
}

export type Using = Pick<KeyUse, 'purpose' | 'points' | 'site' | 'host'>;

/**
 * Writes the record at every location that answers. A recovery goes on when one has it, and where none takes it, with the record in
 * the worker's log; anything else is refused (`KeyUseNotRecorded`).
 *
 * @returns locations that are known to have it
 */
export async function recordKeyUse(
  using: Using,
  stores: readonly ObjectStore[],
  context: StepContext,
): Promise<string[]> {
  const { run, step, attempt, service } = context;
  const at = new Date().toISOString();
  const use: KeyUse = { format: 1, service, at, run, step, attempt, worker: hostname(), ...using };
  const bytes = Buffer.from(`${JSON.stringify(await signed(JSON.stringify(use), context))}\n`);
  const key = layout.keyUse(service, at.replaceAll(/[-:.]/g, ''), run, step);
  const writes = stores.map((store) => writeAt(store, key, bytes, context));
  const recovering = using.purpose === 'restore' || using.purpose === 'check';
  const locations = recovering ? await firstOf(writes) : (await Promise.all(writes)).flatMap((each) => each ?? []);
  if (locations.length > 0) return locations;
  context.log('the use of a private key could not be recorded at any storage location', { ...use });
  if (recovering) return [];
  throw refusal(
    'KeyUseNotRecorded',
    `No storage location takes the record that ${step} uses private keys of ${service}.`,
    'mend a location, then retry this step; only a recovery goes on without the record.',
  );
}

/** The first that has it; the others go on by themselves. In a lost region nobody answers, and no recovery waits for that. */
async function firstOf(writes: readonly Promise<string | undefined>[]): Promise<string[]> {
  const taken = writes.map(async (write) => (await write) ?? Promise.reject(new Error('not written')));
  return await Promise.any(taken).then(
    (location) => [location],
    () => [],
  );
}

/** ms that a location has for it: one that hangs must not hold a recovery up. */
const patience = 5_000;

async function writeAt(
  store: ObjectStore,
  key: string,
  bytes: Buffer,
  context: StepContext,
): Promise<string | undefined> {
  const lock = context.plan.storage[store.location]?.lock;
  const write = async () => {
    const { versionId } = await store.putIfAbsent(key, bytes);
    if (lock) await store.retainUntil?.(key, versionId, new Date(Date.now() + lock.for));
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no answer within ${patience} ms`)), patience);
  });
  try {
    await Promise.race([write(), late]);
    return store.location;
  } catch (error) {
    context.log('the use of a private key was not recorded here', { location: store.location, error: `${error}` });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** A worker that only restores may have no signing key; its record is then shown as unsigned. */
async function signed(use: string, context: StepContext): Promise<SignedUse> {
  try {
    const signer = await loadSigner(context.plan, context.secret);
    return { use, signature: signer.sign(Buffer.from(use)).toString('base64') };
  } catch (error) {
    if (error instanceof Refusal) return { use };
    throw error;
  }
}

export interface KeyUseSeen extends KeyUse {
  readonly signed: boolean;
  readonly locations: string[];
}

/** Newest first, each once, with the locations that have it. */
export async function readAllKeyUses(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  newest: number,
): Promise<{ uses: KeyUseSeen[]; unreachable: { location: string; why: string }[] }> {
  const found = new Map<string, KeyUseSeen>();
  const unreachable: { location: string; why: string }[] = [];
  for (const store of stores) {
    try {
      for (const { locations, ...use } of await readKeyUses(store, service, signers, newest)) {
        const id = JSON.stringify(use);
        found.set(id, { ...use, locations: [...(found.get(id)?.locations ?? []), ...locations] });
      }
    } catch (error) {
      unreachable.push({ location: store.location, why: error instanceof Error ? error.message : String(error) });
    }
  }
  const uses = [...found.values()].sort((a, b) => b.at.localeCompare(a.at)).slice(0, newest);
  return { uses, unreachable };
}

/** Newest first. What is no record at all is left out. */
export async function readKeyUses(
  store: ObjectStore,
  service: string,
  signers: PinnedSigners,
  newest: number,
): Promise<KeyUseSeen[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(layout.keyUses(service))) keys.push(key);
  const chosen = keys.sort().reverse().slice(0, newest);
  const seen = await mapLimited(chosen, 8, async (key) => parse((await store.get(key, 1_048_576)).body, signers));
  return seen.flatMap((use) => (use ? [{ ...use, locations: [store.location] }] : []));
}

function parse(bytes: Buffer, signers: PinnedSigners): (KeyUse & { signed: boolean }) | undefined {
  try {
    const { use, signature } = JSON.parse(bytes.toString()) as SignedUse;
    const by = signature && signers.signedBy(Buffer.from(use), Buffer.from(signature, 'base64'));
    return { ...keyUseSchema.parse(JSON.parse(use)), signed: by !== undefined && by !== '' };
  } catch {
    return undefined;
  }
}
