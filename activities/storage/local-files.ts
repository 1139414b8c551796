/** Objects as files below one folder: names that cannot leave it, and writes that are whole or not there. */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, realpath, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import { withFileLock } from './file-lock.ts';

/** Folders of our own beside the objects: files that are not whole yet, and locks. */
export const ownFolders = ['.incoming', '.locks'];

type Write = (file: FileHandle) => Promise<void>;

export interface LocalFiles {
  /** Folder that holds the objects. */
  readonly root: string;
  /** Path of an object. Refuses what would lie outside (`KeyRefused`). */
  pathOf(key: string): Promise<string>;
  /** Writes aside, syncs, and links the file into its place: `exists` when another was first, or was there. */
  create(key: string, write: Write): Promise<{ outcome: 'created' | 'exists'; etag: string }>;
  /** The same, over what is there if `allowed` says so of it, asked under the lock of the key. Undefined: it did not. */
  replace(
    key: string,
    write: Write,
    allowed: (etag: string | undefined) => boolean,
  ): Promise<{ etag: string } | undefined>;
  remove(key: string): Promise<void>;
}

export function localFiles(root: string): LocalFiles {
  async function pathOf(key: string): Promise<string> {
    const parts = key.split('/');
    if (
      parts.some((part) => ['', '.', '..'].includes(part) || part.includes('\0')) ||
      ownFolders.includes(parts[0] ?? '')
    ) {
      throw keyRefused(key, 'that is no name of an object');
    }
    const path = join(root, ...parts);
    // A link below the folder may lead anywhere; what is not there yet leads nowhere.
    const [home, parent] = await Promise.all([realpath(root).catch(missing), deepest(dirname(path))]);
    if (home && parent && parent !== home && !parent.startsWith(home + sep) && !home.startsWith(parent + sep)) {
      throw keyRefused(key, 'a symbolic link leads out of the folder there');
    }
    return path;
  }

  /** A file that is whole and on the disk, under a name that nobody else has. */
  async function aside(write: Write): Promise<{ path: string; etag: string }> {
    const path = join(root, '.incoming', randomUUID());
    await makeFolder(dirname(path));
    const file = await open(path, 'wx', 0o640);
    try {
      await write(file);
      await file.sync();
      return { path, etag: etagOf(await file.stat({ bigint: true })) };
    } catch (error) {
      await unlink(path).catch(missing);
      throw error;
    } finally {
      await file.close();
    }
  }

  const locked = <T>(key: string, action: () => Promise<T>) => {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 2);
    return withFileLock(join(root, '.locks', name), action);
  };

  return {
    root,
    pathOf,
    async create(key, write) {
      const path = await pathOf(key);
      if (await stat(path).catch(missing)) return { outcome: 'exists', etag: '' };
      const whole = await aside(write);
      try {
        return { outcome: (await linkInto(whole.path, path)) ? 'created' : 'exists', etag: whole.etag };
      } finally {
        await unlink(whole.path).catch(missing);
      }
    },
    async replace(key, write, allowed) {
      const path = await pathOf(key);
      await makeFolder(join(root, '.locks'));
      return await locked(key, async () => {
        const found = await stat(path, { bigint: true }).catch(missing);
        if (!allowed(found && etagOf(found))) return undefined;
        const whole = await aside(write);
        await makeFolder(dirname(path));
        await rename(whole.path, path);
        await syncFolder(dirname(path));
        return { etag: whole.etag };
      });
    },
    async remove(key) {
      const path = await pathOf(key);
      if (!(await stat(path).catch(missing))) return;
      await makeFolder(join(root, '.locks'));
      await locked(key, async () => {
        await unlink(path).catch(missing);
        await syncFolder(dirname(path));
      });
      // An empty folder would look like a point that has lost everything.
      for (let folder = dirname(path); folder.startsWith(root + sep); folder = dirname(folder)) {
        if (
          !(await rmdir(folder).then(
            () => true,
            () => false,
          ))
        )
          break;
      }
    },
  };
}

/** Inode, time and size: every write makes a new inode. */
export function etagOf({ ino, mtimeNs, size }: { ino: bigint; mtimeNs: bigint; size: bigint }): string {
  return `"${ino.toString(36)}-${mtimeNs.toString(36)}-${size.toString(36)}"`;
}

/** Removes what writers that were killed have left behind; nothing takes a day to be written. */
export async function sweepIncoming(root: string): Promise<void> {
  const folder = join(root, '.incoming');
  for (const name of (await readdir(folder).catch(missing)) ?? []) {
    const found = await stat(join(folder, name)).catch(missing);
    if (found && found.mtimeMs < Date.now() - 86_400_000) await unlink(join(folder, name)).catch(missing);
  }
}

/** False when a file of this name is there. */
async function linkInto(whole: string, path: string): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    await makeFolder(dirname(path));
    try {
      await link(whole, path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      // The folder was emptied and removed between the two calls.
      if (code !== 'ENOENT' || tries >= 5) throw error;
    }
  }
}

async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o750 });
  if (!first) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await syncFolder(dirname(folder));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(missing);
  if (!folder) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Where the part of a path that is there really lies. */
async function deepest(path: string): Promise<string | undefined> {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    const real = await realpath(folder).catch(missing);
    if (real) return real;
  }
  return undefined;
}

/** For `catch`: what is not there is undefined, all else is thrown on. */
export function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function keyRefused(key: string, why: string) {
  return refusal('KeyRefused', `${JSON.stringify(key)}: ${why}.`, 'find out who asks for it; Muster never does.');
}
