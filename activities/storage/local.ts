/** Object store driver for a folder: a disk of the worker's machine, or an NFS mount. Hosts reach it through `serve.ts`. */
import { type FileHandle, open, readdir, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { Refusal, refusal } from '../../domain/errors.ts';
import type { LocalLocation } from '../../domain/storage/local.ts';
import * as faults from './faults.ts';
import { etagOf, localFiles, missing, ownFolders } from './local-files.ts';
import { urlSigner } from './signed-url.ts';
import { bodyLimit, type ObjectInfo, type ObjectStore } from './store.ts';

/**
 * Opens a location. Nothing is asked of the folder yet.
 *
 * @param secret  what URLs are signed with
 *
 * Errors: those of `faults.ts`, and `KeyRefused`, `NotMounted`, `CredentialsMalformed`.
 */
export async function openLocalStore(name: string, location: LocalLocation, secret: string): Promise<ObjectStore> {
  const files = localFiles(join(location.folder, location.prefix));
  const signer = urlSigner(name, location.served.url, secret);

  async function call<T>(key: string, action: () => Promise<T>): Promise<T> {
    try {
      await assertThere(name, location);
      return await action();
    } catch (error) {
      throw explainLocal(error, name, location, key);
    }
  }

  const writes = (body: Buffer) => (file: FileHandle) => file.writeFile(body);

  async function read(key: string, limit: number, range?: { from: number; to: number }) {
    return await call(key, async () => {
      const file = await open(await files.pathOf(key), 'r').catch(missing);
      if (!file) throw faults.objectMissing({ location: name, kind: 'folder', holder: location.folder, key });
      try {
        const found = await file.stat({ bigint: true });
        const end = range ? Math.min(range.to + 1, Number(found.size)) : Number(found.size);
        const from = range?.from ?? 0;
        const bytes = Math.max(0, end - from);
        if (bytes > limit) throw faults.tooLarge(key, bytes, limit);
        const body = Buffer.alloc(bytes);
        const { bytesRead } = await file.read(body, 0, bytes, from);
        return { body: body.subarray(0, bytesRead), etag: etagOf(found) };
      } finally {
        await file.close();
      }
    });
  }

  return {
    location: name,
    putIfAbsent: (key, body) => call(key, async () => ({ outcome: (await files.create(key, writes(body))).outcome })),
    async put(key, body) {
      return await call(key, async () => {
        const created = await files.create(key, writes(body));
        if (created.outcome === 'created') return { etag: created.etag };
        return (await files.replace(key, writes(body), () => true)) ?? { etag: '' };
      });
    },
    async putIfMatch(key, body, etag) {
      return await call(key, async () => {
        if (etag === null) {
          const created = await files.create(key, writes(body));
          return created.outcome === 'created' ? { outcome: 'written', etag: created.etag } : { outcome: 'lost' };
        }
        const written = await files.replace(key, writes(body), (there) => there === etag);
        return written ? { outcome: 'written', etag: written.etag } : { outcome: 'lost' };
      });
    },
    get: (key, limit = bodyLimit) => read(key, limit),
    async getRange(key, from, to) {
      return (await read(key, to - from + 1, { from, to })).body;
    },
    async head(key) {
      return await call(key, async () => await infoAt(await files.pathOf(key), key));
    },
    async *list(prefix): AsyncIterable<ObjectInfo> {
      await call(prefix, async () => {});
      yield* walk(files.root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
    },
    async *folders(prefix): AsyncIterable<string> {
      await call(prefix, async () => {});
      for (const entry of await entriesOf(join(files.root, prefix))) {
        if (entry.folder && !ownFolders.includes(prefix + entry.name)) yield entry.name;
      }
    },
    delete: (key) => call(key, () => files.remove(key)),
    async presignGet(key, seconds) {
      return signer.sign('GET', key, seconds);
    },
    async presignPut(key, seconds) {
      return { url: signer.sign('PUT', key, seconds), headers: { 'If-None-Match': '*' } };
    },
    async room() {
      // `bavail`: what root keeps for itself is not free to a worker.
      const { blocks, bavail, bsize } = await call('', () => statfs(location.folder));
      return { total: blocks * bsize, free: bavail * bsize };
    },
  };
}

/** Refuses while the folder is not there, or is the empty one below a mount that is missing. */
export async function assertThere(name: string, { folder, mounted }: LocalLocation): Promise<void> {
  const found = await stat(folder).catch(missing);
  if (!found?.isDirectory()) {
    throw faults.holderMissing({ location: name, kind: 'folder', holder: `${folder} on ${hostname()}`, key: '' });
  }
  if (mounted && found.dev === (await stat(dirname(folder))).dev) {
    throw refusal(
      'NotMounted',
      `Storage location ${name}: nothing is mounted at ${folder} on ${hostname()}.`,
      'mount it.',
    );
  }
}

export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException)?.code ?? '');
}

function explainLocal(error: unknown, name: string, { folder }: LocalLocation, key: string): Error {
  if (error instanceof Refusal) return error;
  const place = { location: name, kind: 'folder', holder: `${folder} on ${hostname()}`, key };
  const { code = '' } = error as NodeJS.ErrnoException;
  if (isFull(error)) return faults.full(place, code);
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return faults.denied(place, code);
  return faults.connectionFault(place, code, error);
}

async function* walk(root: string, folder: string, prefix: string): AsyncIterable<ObjectInfo> {
  for (const { name, folder: isFolder } of await entriesOf(join(root, folder))) {
    const key = folder + name;
    if (ownFolders.includes(key)) continue;
    if (isFolder && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)))
      yield* walk(root, `${key}/`, prefix);
    const found = !isFolder && key.startsWith(prefix) ? await infoAt(join(root, key), key) : undefined;
    if (found) yield found;
  }
}

/** In the order of whole keys, as other stores list: a folder's name sorts with its slash. */
async function entriesOf(path: string): Promise<{ name: string; folder: boolean }[]> {
  const found = (await readdir(path, { withFileTypes: true }).catch(missing)) ?? [];
  return found
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
    .map((entry) => ({ ...entry, order: Buffer.from(entry.folder ? `${entry.name}/` : entry.name) }))
    .sort((a, b) => Buffer.compare(a.order, b.order));
}

async function infoAt(path: string, key: string): Promise<ObjectInfo | undefined> {
  const found = await stat(path, { bigint: true }).catch(missing);
  if (!found?.isFile()) return undefined;
  return { key, bytes: Number(found.size), etag: etagOf(found), modified: found.mtime };
}
