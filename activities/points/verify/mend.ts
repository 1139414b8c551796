/** Puts a good copy over a bad one. Where versions are locked this adds a version; nothing is ever deleted. */
import { Refusal } from '../../../domain/errors.ts';
import type { StepContext } from '../../context.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { sha256Of } from '../signer.ts';
import type { PointObject } from './objects.ts';

const partLimit = 80 * 1024 * 1024;

/** The bytes of an object, where they have its hash. Undefined where they are gone or others; rejects when the location does not answer. */
export async function goodBytes(
  store: ObjectStore,
  { key, sha256 }: Pick<PointObject, 'key' | 'sha256'>,
): Promise<Buffer | undefined> {
  try {
    const { body } = await store.get(key, partLimit);
    return sha256 === undefined || sha256Of(body) === sha256 ? body : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Empty when it was put; else why that was refused. Rejects when the location does not answer. */
export async function putOver(store: ObjectStore, key: string, body: Buffer, context: StepContext): Promise<string> {
  const lock = context.plan.storage[store.location]?.lock;
  try {
    context.assertCurrent();
    const { versionId } = await store.put(key, body);
    if (lock) await store.retainUntil?.(key, versionId, new Date(Date.now() + lock.for));
    return '';
  } catch (error) {
    if (error instanceof Refusal) return `${error.type}: it could not be put there`;
    throw error;
  }
}
