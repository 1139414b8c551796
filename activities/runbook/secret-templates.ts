/**
 * Secrets in a break-glass script: a driver is given placeholders instead of secrets, and what it makes of them becomes a recipe that
 * the script follows with the real ones. So no secret can come into a script: none was read.
 */
import { refusal } from '../../domain/errors.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { shellQuote } from '../hosts/shell-quote.ts';

export interface Placeholders {
  /** As `StepContext.secret`. */
  secret(ref: SecretRef): Promise<string>;
  /** Lines of bash that print what the text is with the real secrets. @throws NoScript where a placeholder was changed beyond knowing */
  recipe(text: string, reference: (ref: SecretRef) => string): string[];
  /** Whether any placeholder is in it. */
  inside(text: string): boolean;
}

/** How drivers put a secret into a text; each with the filter that does the same in the script. */
const encodings: { encode(text: string): string; filter: string }[] = [
  { encode: (text) => text, filter: '' },
  // Options of the MariaDB client.
  {
    encode: (text) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
    filter: ` | sed 's/[\\\\"]/\\\\&/g'`,
  },
  // The command that redis-cli reads.
  {
    encode: (text) =>
      Buffer.from(text)
        .toString('hex')
        .replaceAll(/../g, (hex) => `\\x${hex}`),
    filter: ` | hex_of | sed 's/../\\\\x&/g'`,
  },
];

export function placeholders(): Placeholders {
  const refs: SecretRef[] = [];
  const known = () =>
    refs.flatMap((ref, index) => encodings.map((each) => ({ ...each, ref, as: each.encode(of(index)) })));
  return {
    async secret(ref) {
      refs.push(ref);
      return of(refs.length - 1);
    },
    inside: (text) => known().some(({ as }) => text.includes(as)) || text.includes('muster-secret-'),
    recipe(text, reference) {
      const lines: string[] = [];
      let rest = text;
      while (rest !== '') {
        const next = known()
          .map((each) => ({ ...each, at: rest.indexOf(each.as) }))
          .filter(({ at }) => at >= 0)
          .sort((a, b) => a.at - b.at || b.as.length - a.as.length)[0];
        const before = next ? rest.slice(0, next.at) : rest;
        if (before !== '') lines.push(`printf '%s' ${shellQuote(before)}`);
        if (!next) break;
        lines.push(`secret_of ${shellQuote(reference(next.ref))}${next.filter}`);
        rest = rest.slice(next.at + next.as.length);
      }
      if (lines.some((line) => line.includes('muster-secret-'))) {
        throw refusal('NoScript', 'A driver changes a secret in a way that no script knows.', '--format md');
      }
      return lines;
    },
  };
}

/** Has what encodings change: a quote and a backslash. */
function of(index: number): string {
  return `@muster-secret-${index}"\\@`;
}
