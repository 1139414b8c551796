/** Whether a standby could take over now: from the facts, risks and checks of a failover that is not begun. P14: "Validates DR readiness". Pure. */
import type { Assessment } from '../playbook/assessment.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { stepsOf } from '../playbook/playbook.ts';

export type LackLevel = 'missing' | 'late' | 'unknown';

export interface Lacking {
  /** `missing` keeps the failover from succeeding; `late` makes it lose or last more; `unknown` could not be found out from here. */
  readonly level: LackLevel;
  /** Id of a fact, a risk or a step, or the name of what the assessment refused. */
  readonly id: string;
  readonly what: string;
  /** What mends it: a command, or what a person does. */
  readonly mend?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly lacking: readonly Lacking[];
}

interface Check {
  readonly state: string;
  readonly why?: string;
}

/** What is as it should be before a failover: the other site serves, nobody has lost anything yet, and what replicates does so after the fact. */
const expected = [
  'primary-still-healthy',
  'target-serves-already',
  'name-leads-elsewhere',
  'replica-loss',
  'no-replica-after',
];

/** @param checks  what each step would find now, by id. Ready: nothing is missing, late or not, but what is unknown is no yes either */
export function readinessOf(
  { to, facts, risks }: Pick<Assessment, 'to' | 'facts' | 'risks'>,
  playbook: Playbook,
  checks: ReadonlyMap<string, Check>,
): Readiness {
  const about = facts.filter(({ id }) => isOfStandby(id, to));
  const lacking: Lacking[] = [
    ...about.flatMap(({ id, title, value, state }): Lacking[] => {
      if (state === 'good') return [];
      const level = state === 'bad' ? 'missing' : state === 'warning' ? 'late' : 'unknown';
      return [{ level, id, what: `${title}: ${value}` }];
    }),
    ...risks
      .filter(({ id }) => !expected.includes(id))
      .map(({ id, text, severity }): Lacking => ({ level: severity === 'high' ? 'missing' : 'late', id, what: text })),
    ...stepsOf(playbook).flatMap(({ id, title }): Lacking[] => {
      const seen = checks.get(id);
      return seen?.state === 'blocked' ? [{ level: 'missing', id, what: `${title}: ${seen.why}` }] : [];
    }),
  ];
  return { ready: lacking.length === 0, lacking: worstFirst(lacking) };
}

export function lack(level: LackLevel, id: string, what: string, mend: string): Lacking {
  return { level, id, what, mend };
}

/** Missing before late before unknown; within one level as they stand. */
export function worstFirst(lacking: readonly Lacking[]): Lacking[] {
  return [...lacking].sort((a, b) => order(a) - order(b));
}

/** Facts of the site that would take over, and of what it takes over with; the other site's own are not its readiness. */
function isOfStandby(id: string, to: string): boolean {
  if (id.endsWith('-source')) return false;
  const ids = [`hosts-${to}`, `start-right-${to}`, `images-${to}`, 'cold-storage'];
  const kinds = [`ready-${to}-`, 'warm-', 'replica-', 'database-', 'points-'];
  return ids.includes(id) || kinds.some((kind) => id.startsWith(kind));
}

function order({ level }: Lacking): number {
  return ['missing', 'late', 'unknown'].indexOf(level);
}
