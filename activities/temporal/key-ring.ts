/**
 * The keys that payloads are encrypted with. `MUSTER_CODEC_KEYS_FILE` names a file, or `MUSTER_CODEC_KEYS` holds the text
 * itself: one key a line, `<id> <32 bytes in base64>`. The first line encrypts, every line decrypts.
 *
 * Rotation: add the new key as the second line everywhere, move it to the front everywhere, and keep the old line for as long
 * as histories and reports made with it are kept. The file is read again when it changes; nobody restarts anything.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { refusal } from '../../domain/errors.ts';
import type { Env } from './settings.ts';

/** ms between two looks at the file. */
const pause = 2_000;

export interface CodecKey {
  readonly id: string;
  readonly secret: KeyObject;
}

export interface KeyRing {
  /** The key to encrypt with; undefined where nothing is encrypted. */
  current(): CodecKey | undefined;
  /** @throws CodecKeyMissing */
  find(id: string): CodecKey;
}

/** @throws CodecKeys naming the line, never the key */
export function openKeyRing(env: Env): KeyRing {
  const { MUSTER_CODEC_KEYS: text, MUSTER_CODEC_KEYS_FILE: file } = env;
  if (text && file)
    throw bad(
      'MUSTER_CODEC_KEYS and MUSTER_CODEC_KEYS_FILE are both set',
      'keep one; a file can be rotated without a restart.',
    );
  if (file) return ringIn(file);
  const keys = text ? keysOf(text, 'MUSTER_CODEC_KEYS') : [];
  return { current: () => keys[0], find: (id) => found(keys, id) };
}

/** A fresh line for the file. */
export function newKeyLine(id: string): string {
  return `${id} ${randomBytes(32).toString('base64')}`;
}

function ringIn(file: string): KeyRing {
  let { keys, seen } = read(file);
  let looked = Date.now();
  const lookAgain = (now: boolean) => {
    if (!now && Date.now() - looked < pause) return;
    looked = Date.now();
    try {
      if (stamp(file) !== seen) ({ keys, seen } = read(file));
    } catch {
      // Half-written or gone for a moment: the keys we have still do.
    }
  };
  return {
    current() {
      lookAgain(false);
      return keys[0];
    },
    find(id) {
      // Also where it is known: whoever only decrypts would keep a line for ever that was put right since.
      lookAgain(!keys.some((key) => key.id === id));
      return found(keys, id);
    },
  };
}

function found(keys: readonly CodecKey[], id: string): CodecKey {
  const key = keys.find((each) => each.id === id);
  if (key) return key;
  const known =
    keys.length > 0 ? `there are only ${keys.map((each) => each.id).join(', ')}` : 'there are no keys at all';
  throw refusal(
    'CodecKeyMissing',
    `This payload is encrypted with the key ${id}, and ${known}.`,
    'add the line of that key to the file which MUSTER_CODEC_KEYS_FILE names; an old key is kept for as long as its histories.',
  );
}

function read(file: string): { keys: CodecKey[]; seen: string } {
  let text: string;
  try {
    const { mode } = statSync(file);
    if (mode & 0o007) throw bad(`${file} may be read by everyone on this machine`, `chmod o= ${file}`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code ? bad(`${file} cannot be read (${code})`, 'name a file that is there, readable for Muster.') : error;
  }
  const keys = keysOf(text, file);
  return { keys, seen: stamp(file) };
}

function stamp(file: string): string {
  const { mtimeMs, size, ino } = statSync(file);
  return `${mtimeMs} ${size} ${ino}`;
}

function keysOf(text: string, where: string): CodecKey[] {
  const keys: CodecKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, id, secret] = line.trim().match(/^([\w.-]{1,32})\s+([A-Za-z0-9+/]{43}=)$/) ?? [];
    const at = `line ${index + 1} of ${where}`;
    if (!id || !secret) throw bad(`${at} is no key`, '<id> <32 bytes in base64>, as `muster codec key` prints it.');
    if (keys.some((key) => key.id === id))
      throw bad(`${at} names the key ${id} a second time`, 'give every key an id of its own.');
    keys.push({ id, secret: createSecretKey(Buffer.from(secret, 'base64')) });
  }
  if (keys.length === 0) throw bad(`${where} holds no key`, 'muster codec key');
  return keys;
}

function bad(fact: string, hint: string) {
  return refusal('CodecKeys', `${fact}.`, hint);
}
