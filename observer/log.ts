/**
 * The observer's log: one JSON object a line, only ever appended to, read back after a restart. It is cut into segments
 * (`observer.jsonl.20260520T120000000Z`), of which the oldest go, so that it does not fill the disk.
 */
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ObserverLine, observerLineSchema } from '../domain/observers/observer.ts';

export interface LogRead {
  /** Lines that could not be read. */
  readonly unreadable: number;
  /** The last probe that was logged, of whatever time. */
  readonly last?: Extract<ObserverLine, { kind: 'probe' }> | undefined;
}

/** So many segments hold what is kept. */
const segmentsKept = 8;

/**
 * Hands each line written at or after `since` (ms) to `take`, in order. The last line of an observer that was killed may be
 * cut off: it is skipped, and closed so that the next line starts afresh.
 */
export async function readLog(path: string, since: number, take: (line: ObserverLine) => void): Promise<LogRead> {
  mkdirSync(dirname(path), { recursive: true });
  let unreadable = 0;
  let last: LogRead['last'];
  let text = '';
  for (const file of [...segmentsOf(path).map(({ file }) => file), path]) {
    if (!existsSync(file)) continue;
    text = '';
    for await (text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (text === '') continue;
      const line = parse(text);
      if (!line) unreadable += 1;
      else if (Date.parse(line.at) >= since) take(line);
      if (line?.kind === 'probe') last = line;
    }
    if (file === path && text !== '' && !parse(text)) appendFileSync(path, '\n');
  }
  return { unreadable, last };
}

/** Appends are in the kernel's hands on return, so that they survive the observer's death (not the machine's). */
export function openLog(path: string, keepMs: number): (line: ObserverLine) => void {
  let begun = existsSync(path) ? statSync(path).birthtimeMs : undefined;
  return (line) => {
    const now = Date.now();
    if (begun !== undefined && now - begun > keepMs / segmentsKept) {
      renameSync(path, `${path}.${new Date(now).toISOString().replaceAll(/[-:.]/g, '')}`);
      // Nothing in it is younger than its name.
      for (const { file, until } of segmentsOf(path)) if (until < now - keepMs) rmSync(file);
      begun = undefined;
    }
    appendFileSync(path, `${JSON.stringify(line)}\n`);
    begun ??= now;
  };
}

/** Oldest first; `until` is when it was closed, ms. */
function segmentsOf(path: string): { file: string; until: number }[] {
  const prefix = `${basename(path)}.`;
  return readdirSync(dirname(path))
    .flatMap((name) => {
      const [, date, hour, minute, second, ms] = name.startsWith(prefix)
        ? (/^(\d{8})T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(name.slice(prefix.length)) ?? [])
        : [];
      if (!date) return [];
      const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
      return [{ file: join(dirname(path), name), until: Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`) }];
    })
    .sort((a, b) => a.until - b.until);
}

function parse(text: string): ObserverLine | undefined {
  try {
    return observerLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
