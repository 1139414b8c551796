/** Where a command writes and asks. Tests hand in their own streams; without a terminal no escape code is written. */
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { refusal } from '../../domain/errors.ts';

export interface CliIo {
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly stderr: Writable;
  readonly stdin?: Readable & { isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends a `watch` early; Ctrl-C in the real command. */
  readonly signal?: AbortSignal;
}

export function say(io: CliIo, text: string): void {
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function warn(io: CliIo, text: string): void {
  io.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function sayJson(io: CliIo, value: unknown): void {
  say(io, JSON.stringify(value, null, 2));
}

/** @throws NotInteractive where nobody can answer */
export async function ask(io: CliIo, question: string, instead: string): Promise<string> {
  if (!io.stdin?.isTTY) {
    throw refusal('NotInteractive', 'This asks a question, and there is no terminal to answer it.', instead);
  }
  const reader = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return (await reader.question(question)).trim();
  } finally {
    reader.close();
  }
}
