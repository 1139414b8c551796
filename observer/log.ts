/** The observer's log: one JSON object a line, only ever appended to, read back after a restart. */
import { appendFileSync, createReadStream, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type ObserverLine, observerLineSchema } from '../domain/observer.ts';

/**
 * Hands each line written at or after `since` (ms) to `take`, and returns how many could not be read. The last line of an
 * observer that was killed may be cut off: it is skipped, and closed so that the next line starts afresh.
 */
export async function readLog(path: string, since: number, take: (line: ObserverLine) => void): Promise<number> {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) return 0;
  let unreadable = 0;
  let last = '';
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    last = text;
    if (text === '') continue;
    const line = parse(text);
    if (!line) unreadable += 1;
    else if (Date.parse(line.at) >= since) take(line);
  }
  if (last !== '' && !parse(last)) appendFileSync(path, '\n');
  return unreadable;
}

/** In the kernel's hands on return, so that it survives the observer's death (not the machine's). */
export function appendLog(path: string, line: ObserverLine): void {
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

function parse(text: string): ObserverLine | undefined {
  try {
    return observerLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
