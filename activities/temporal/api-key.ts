/** An API key in a file, read again when the file changes: keys of Temporal Cloud expire, and a worker must outlive them. */
import { readFileSync, statSync } from 'node:fs';
import { refusal } from '../../domain/errors.ts';

/** ms between two looks at the file. */
const pause = 1_000;

export interface ApiKey {
  /** The key to show now. */
  now(): string;
}

/** @throws ApiKeyMissing when the file cannot be read or is empty at first; later the last key is kept */
export function followApiKey(path: string): ApiKey {
  let key = read(path);
  let seen = changed(path);
  let looked = Date.now();
  return {
    now() {
      if (Date.now() - looked < pause) return key;
      looked = Date.now();
      try {
        const at = changed(path);
        if (at !== seen) [key, seen] = [read(path), at];
      } catch {
        // Gone for the moment in which it is replaced: the key we have may still do.
      }
      return key;
    },
  };
}

/**
 * Tells a connection that takes no function of every new key, until it is stopped.
 *
 * @param every  ms between two looks
 */
export function tellNewKeys(apiKey: ApiKey, tell: (key: string) => Promise<void>, every = 5_000): { stop(): void } {
  let told = apiKey.now();
  const timer = setInterval(async () => {
    const key = apiKey.now();
    if (key === told) return;
    await tell(key).then(
      () => {
        told = key;
      },
      () => {}, // the next look tries again
    );
  }, every);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function read(path: string): string {
  try {
    const key = readFileSync(path, 'utf8').trim();
    if (key) return key;
  } catch (error) {
    throw missing(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  throw missing(path, 'is empty');
}

function changed(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}

function missing(path: string, what: string) {
  return refusal(
    'ApiKeyMissing',
    `The file of the API key, ${path}, ${what}.`,
    'put the key there, readable for Muster alone.',
  );
}
