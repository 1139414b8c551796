/** Whether somebody could let a failover go: enough people, with keys that are valid, also when one of them asks for it. Pure. */
import { formatDuration } from '../duration.ts';
import type { ApprovalRules } from '../plan/approvals.ts';
import { type ExpiryLimits, expiryLevel } from './expiry.ts';
import { type Lacking, type LackLevel, lack } from './readiness.ts';

/** One line of an `allowed_signers` file. */
export interface SignerLine {
  /** Names or patterns (`*@example.com`). */
  readonly principals: readonly string[];
  /** Absent: for ever. */
  readonly after?: Date;
  readonly before?: Date;
  /** What is wrong with it, where it cannot be used. */
  readonly trouble?: string;
}

/** In: what holds for a failover, and the lines; undefined where the plan names no allowed signers. */
export function approverFindings(
  rules: Pick<ApprovalRules, 'quorum' | 'requesterMayApprove' | 'signed' | 'from' | 'emergency'>,
  lines: readonly SignerLine[] | undefined,
  { now, limits, mend }: { now: Date; limits: ExpiryLimits; mend: string },
): Lacking[] {
  const good = lines?.filter((line) => isValid(line, now));
  const can = (person: string) => !good || rules.signed !== 'required' || keysOf(good, person).length > 0;
  const able = (rules.from ?? named(good, rules.signed)).filter(can);
  return [
    ...(lines ?? []).flatMap(({ trouble }) => (trouble ? [lack('late', 'approvers-line', trouble, mend)] : [])),
    ...endings(good ?? [], now, limits, mend),
    ...(rules.from || rules.signed === 'required' ? reach(rules, able, mend) : []),
  ];
}

/** Who asks may not say go where the plan says so, and nobody knows who will ask. */
function reach(
  { quorum, requesterMayApprove, emergency }: Parameters<typeof approverFindings>[0],
  able: readonly string[],
  mend: string,
): Lacking[] {
  const short = (level: LackLevel, what: string) => [lack(level, 'approvers-quorum', what, mend)];
  const who = able.join(', ') || 'nobody';
  const instead = emergency ? ', and only the emergency path is left' : '';
  const people = `${quorum} ${quorum === 1 ? 'person' : 'people'} must say go`;
  if (able.length < quorum) return short(emergency ? 'late' : 'missing', `${people}, and ${who} could${instead}`);
  if (requesterMayApprove || able.some((each) => each.includes('*')) || able.length - 1 >= quorum) return [];
  return short('late', `${people} besides who asks: when one of ${who} asks, too few are left${instead}`);
}

function endings(good: readonly SignerLine[], now: Date, limits: ExpiryLimits, mend: string): Lacking[] {
  return good.flatMap(({ principals, before }) => {
    const level = before && expiryLevel(before, now, limits);
    if (!before || !level) return [];
    // Others may sign until then; what is left when it has ended is counted above.
    const left = formatDuration(before.getTime() - now.getTime());
    return [lack('late', 'approvers-ending', `the key of ${principals.join(', ')} ends in ${left}`, mend)];
  });
}

/** Where anybody may approve and must sign, those who can are the ones with a key. */
function named(good: readonly SignerLine[] | undefined, signed: 'required' | 'allowed'): string[] {
  return signed === 'required' ? [...new Set((good ?? []).flatMap(({ principals }) => principals))] : [];
}

function isValid({ trouble, after, before }: SignerLine, now: Date): boolean {
  return !trouble && (!after || after <= now) && (!before || before > now);
}

function keysOf(lines: readonly SignerLine[], person: string): SignerLine[] {
  return lines.filter(({ principals }) => principals.some((pattern) => covers(pattern, person)));
}

/** ssh-keygen's patterns: `*` and `?`. */
export function covers(pattern: string, person: string): boolean {
  const literal = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${literal}$`).test(person);
}
