/** What SpaceTime says of itself. `overall_ready` is true only when it can really serve. */
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Database } from './database.ts';

export type Status = {
  overall_ready: boolean;
  version: string;
  host: string;
  database: { ready: boolean; players?: number; error?: string };
  files: { ready: boolean; missing: string[] };
};

const essential = ['project.godot', 'vr_main.tscn', '.env', 'scripts/main.gd', 'data/catalogue.json'];

/** `root` is the directory of the production tree. */
export function createStatus(root: string, database: Database): () => Promise<Status> {
  return async () => {
    const [project, rows, missing] = await Promise.all([
      readFile(join(root, 'project.godot'), 'utf8').catch(() => ''),
      database.players().then(
        (players) => ({ ready: players > 0, players }),
        (error: Error) => ({ ready: false, error: error.message }),
      ),
      missingFiles(root),
    ]);
    const files = { ready: missing.length === 0, missing };
    return {
      overall_ready: rows.ready && files.ready,
      version: /^config\/version="([^"]+)"/m.exec(project)?.[1] ?? 'unknown',
      host: hostname(),
      database: rows,
      files,
    };
  };
}

/** Essential files that are absent or empty. */
async function missingFiles(root: string): Promise<string[]> {
  const sizes = await Promise.all(
    essential.map((path) =>
      stat(join(root, path)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return essential.filter((_, index) => sizes[index] === 0);
}
