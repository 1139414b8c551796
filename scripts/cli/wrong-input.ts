/** What is wrong with what somebody typed, out of zod's issues, as one fact and one hint. */
import type { z } from 'zod';

/** Out: `{ fact: 'paths.0: a path on a host is absolute', hint: 'begin it with /.' }`; no hint where no issue has one. */
export function wrongInput(issues: readonly z.core.$ZodIssue[]): { fact: string; hint?: string } {
  const parts = issues.map(({ path, message }) => {
    const [fact = message, hint] = message.split('. Try: ');
    return { fact: path.length > 0 ? `${path.join('.')}: ${fact}` : fact, hint };
  });
  const fact = parts.map((each) => each.fact).join('; ');
  const hints = parts.flatMap((each) => each.hint ?? []);
  return hints.length > 0 ? { fact, hint: `${hints.join('; ').replace(/\.$/, '')}.` } : { fact };
}
