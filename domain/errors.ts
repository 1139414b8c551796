/**
 * Refusals: errors that say a fact and a hint, and that retrying alone cannot mend.
 *
 * An activity turns a `Refusal` into a non-retryable failure of the same `type`; the command prints it and exits with 2.
 * Anything else that is thrown counts as a passing fault and is retried within the step's own time budget.
 */

/** What a refusal is about, so that a person knows where to look. */
export interface RefusalPlace {
  /** `plans/spacetime.yaml:12:5` */
  readonly at?: string;
  readonly host?: string;
  readonly step?: string;
}

export class Refusal extends Error {
  readonly type: string;
  readonly hint: string;
  readonly place: RefusalPlace;

  constructor(type: string, fact: string, hint: string, place: RefusalPlace = {}) {
    super(describeRefusal(fact, hint, place));
    this.name = 'Refusal';
    this.type = type;
    this.hint = hint;
    this.place = place;
  }
}

/**
 * Builds the error for an expected refusal.
 *
 * @param type  stable PascalCase name that callers and tests match on, for example `PointNotFound`
 * @param fact  what is so, as one sentence
 * @param hint  what to do about it; printed after "Try: "
 */
export function refusal(type: string, fact: string, hint: string, place: RefusalPlace = {}): Refusal {
  return new Refusal(type, fact, hint, place);
}

function describeRefusal(fact: string, hint: string, place: RefusalPlace): string {
  const where = [place.at, place.host && `host ${place.host}`, place.step && `step ${place.step}`].filter(Boolean);
  const prefix = where.length > 0 ? `${where.join(', ')}: ` : '';
  return `${prefix}${fact} Try: ${hint}`;
}
