/** Leaves small files in every storage location that answers and in a local folder; a place that is down is named, and is not fatal. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';
import type { Files } from './report-files.ts';

export interface Places {
  /** Names of the plan's storage locations. */
  readonly locations: readonly string[];
  store(location: string): Promise<ObjectStore>;
  /** Folder for local copies. Undefined: none. */
  readonly folder?: string | undefined;
  /** ms a place may take; default 5 s: what is written is small. A location in a lost region hangs rather than refuses. */
  readonly patience?: number;
}

export interface Names {
  key(name: string): string;
  path(name: string): string;
}

export interface Left {
  /** `west: spacetime/reports/<run>/report.json`, and local paths. */
  readonly written: string[];
  /** Places that did not take all of it, and why. */
  readonly missed: string[];
}

/** @param names  of a file at a location, and below the folder */
export async function leaveFiles(files: Files, names: Names, places: Places): Promise<Left> {
  const { locations, folder } = places;
  const all = [
    ...locations.map((location) => ({ name: location, write: () => toStore(location, files, names, places) })),
    ...(folder ? [{ name: folder, write: () => toFolder(folder, files, names) }] : []),
  ];
  const settled = await Promise.allSettled(
    all.map(({ write }) => withLimit(places.patience ?? 5_000, undefined, () => write())),
  );
  return {
    written: settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
    missed: settled.flatMap((result, index) =>
      result.status === 'rejected' ? [`${all[index]?.name}: ${messageOf(result.reason)}`] : [],
    ),
  };
}

/** Contents side by side, then the list of their hashes, then its signature. */
function inOrder(files: Files): [string, Buffer][][] {
  const entries = Object.entries(files);
  const contents = entries.filter(([name]) => !/\.sha256(\.sig)?$/.test(name));
  return [contents, ...entries.filter(([name]) => /\.sha256(\.sig)?$/.test(name)).map((entry) => [entry])];
}

async function toStore(location: string, files: Files, { key }: Names, { store }: Places): Promise<string[]> {
  const opened = await store(location);
  const written: string[] = [];
  for (const rank of inOrder(files)) {
    await Promise.all(rank.map(([name, bytes]) => opened.put(key(name), bytes)));
    written.push(...rank.map(([name]) => `${location}: ${key(name)}`));
  }
  return written;
}

async function toFolder(folder: string, files: Files, names: Names): Promise<string[]> {
  const written: string[] = [];
  for (const [name, bytes] of inOrder(files).flat()) {
    const path = join(folder, names.path(name));
    await mkdir(dirname(path), { recursive: true });
    // Whoever looks finds the whole of it or nothing, also after a full disk.
    await writeFile(`${path}.new`, bytes);
    await rename(`${path}.new`, path);
    written.push(path);
  }
  return written;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
