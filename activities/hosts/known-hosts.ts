/** Reads OpenSSH known_hosts lines: plain, wildcard, negated and hashed names, `[address]:port`, `@revoked`. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface KnownKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … */
  readonly type: string;
  readonly key: Buffer;
  readonly revoked: boolean;
}

/** The keys that the lines give for an address and port. Certificate authorities are not supported and give none. */
export function knownKeys(text: string, address: string, port: number): KnownKey[] {
  const name = port === 22 ? address : `[${address}]:${port}`;
  return text.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [names, type, key] = words;
    if (!names || !type || !key || names.startsWith('#') || marker === '@cert-authority') return [];
    if (!matches(names, name)) return [];
    return [{ type, key: Buffer.from(key, 'base64'), revoked: marker === '@revoked' }];
  });
}

export type Verdict = 'known' | 'unknown' | 'mismatch' | 'revoked';

export function judgeKey(known: readonly KnownKey[], offered: Buffer): Verdict {
  const same = known.filter(({ key }) => key.length === offered.length && timingSafeEqual(key, offered));
  if (same.some(({ revoked }) => revoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some(({ revoked }) => !revoked) ? 'mismatch' : 'unknown';
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return matchesHashed(names, name);
  const patterns = names.toLowerCase().split(',');
  const wanted = name.toLowerCase();
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), wanted))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, wanted));
}

function matchesHashed(entry: string, name: string): boolean {
  const [, , salt, hash] = entry.split('|');
  if (!salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
