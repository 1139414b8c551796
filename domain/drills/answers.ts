/** What a person's answer to a manual step must be, and who may give it. Pure. */
import { isAmong, samePerson } from '../approvals/people.ts';

/** Of a manual step, in its input; a plain one has none of these. */
export interface Asked {
  readonly ask?: 'done' | 'yes-no' | 'text' | undefined;
  /** Whose word it is. */
  readonly role?: string | undefined;
  /** People who speak for the role; anybody where absent. */
  readonly people?: readonly string[] | undefined;
  /** A signature: whoever gave another of the run gives none. */
  readonly signs?: boolean | undefined;
}

export interface Confirmation {
  readonly by: string;
  readonly answer?: string | undefined;
}

/** `yes`, `no: it answered 500`; undefined for neither. */
export function yesOrNo(answer: string | undefined): 'yes' | 'no' | undefined {
  const [, word] = /^\s*(yes|no)\b/i.exec(answer ?? '') ?? [];
  return word?.toLowerCase() as 'yes' | 'no' | undefined;
}

/**
 * Why it is not taken; undefined where it is.
 *
 * @param signers  who has signed already, and as what
 */
export function whyNotTaken(
  { ask = 'done', role, people, signs }: Asked,
  { by, answer }: Confirmation,
  signers: readonly { by: string; role: string }[],
): string | undefined {
  if (people && !isAmong(by, people)) return `${by} does not speak for ${role}: ${people.join(', ')} may`;
  const other = signs ? signers.find((each) => samePerson(each.by, by)) : undefined;
  if (other) return `${by} has signed as ${other.role} already, and each role is signed by another person`;
  if (ask === 'yes-no' && yesOrNo(answer) === undefined)
    return 'it is answered with yes or no, and with words after it where there are any. Try: --answer "no: it answered 500"';
  if (ask === 'text' && !answer?.trim()) return 'it is answered in words. Try: --answer "..."';
  return undefined;
}
