/** The scripts of this area, read once, and small helpers for their parameters. */
import { readFile } from 'node:fs/promises';
import type { JobScript } from '../hosts/job.ts';

const folders = {
  archives: new URL('jobs/', import.meta.url),
  databases: new URL('../databases/jobs/', import.meta.url),
};

export function script(area: keyof typeof folders, name: string): JobScript {
  return { name, path: new URL(`${name}.sh`, folders[area]) };
}

/** Helper files by name, as parameters. */
export async function helpers(area: keyof typeof folders, ...names: string[]): Promise<Record<string, string>> {
  const entries = names.map(async (name) => [name, await readFile(new URL(name, folders[area]), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What a script needs that reads or writes parts. */
export const partFiles = ['parts.sh', 'sealing.sh', 'message.pl'] as const;

/** Each item ended by a NUL byte, because a path may hold anything else. */
export function nulList(items: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(items.flatMap((item) => [Buffer.from(item as string), Buffer.from([0])]));
}

export function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('');
}

/** Base64 of bytes -> text for people; what is not UTF-8 stands as `\xNN`. */
export function readable(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  return [...bytes].map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
}

/** GNU's C quoting (`"a\nb\377"`) in base64 -> the bytes of the path, in base64. */
export function unquoted(base64: string): string {
  const inner = Buffer.from(base64, 'base64').toString('latin1').slice(1, -1);
  const named: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
  const bytes = inner.replace(/\\([0-7]{1,3}|.)/gs, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (named[code] ?? code),
  );
  return Buffer.from(bytes, 'latin1').toString('base64');
}
