/** Do several vantage points see one outage? Pure. Lengths are by each observer's own clock, so a clock that is wrong declares nothing. */
import { z } from 'zod';
import type { DeclareRule } from '../plan/declare.ts';
import { nameSchema } from '../plan/values.ts';
import type { Outages } from './observer.ts';

/** The name that stands as `by` where observers declared. */
export const declaredBy = 'observers';

/** Workflow id of the watch of a service. */
export function declaringId(service: string): string {
  return `${service}/declare`;
}

/** What one observer says now. */
export type Sighting = { readonly observer: string } & (
  | { readonly state: 'down'; readonly since: string; readonly ms: number; readonly why: string }
  | { readonly state: 'well' }
  | { readonly state: 'blind'; readonly why: string }
);

export type Verdict =
  | {
      readonly state: 'outage';
      readonly evidence: string;
      /** The longest that one has seen it. */
      readonly ms: number;
    }
  | { readonly state: 'well' }
  | { readonly state: 'unclear'; readonly why: string };

/** An observer that does not answer, or does not look, has no vote in either direction. */
export function judgeSightings(sightings: readonly Sighting[], rule: Pick<DeclareRule, 'needs' | 'after'>): Verdict {
  const down = sightings.flatMap((each) => (each.state === 'down' && each.ms >= rule.after ? [each] : []));
  if (down.length >= rule.needs) {
    const seen = down.map(({ observer, since, why }) => `${hostOf(observer)} since ${since}: ${why}`);
    const ms = Math.max(...down.map((each) => each.ms));
    return {
      state: 'outage',
      ms,
      evidence: `${down.length} of ${sightings.length} vantage points see it (${seen.join('; ')})`,
    };
  }
  const well = sightings.filter(({ state }) => state === 'well');
  return well.length >= rule.needs ? { state: 'well' } : { state: 'unclear', why: describeSightings(sightings) };
}

export function describeSightings(sightings: readonly Sighting[]): string {
  return sightings
    .map((each) => {
      const what = each.state === 'down' ? `down for ${Math.round(each.ms / 1000)} s` : each.state;
      return `${hostOf(each.observer)} ${what}${each.state === 'blind' ? ` (${each.why})` : ''}`;
    })
    .join('; ');
}

/** ms for which an outage that lasts was looked at without a break, up to now. Undefined where none lasts. */
export function unbrokenOutage({
  outages,
  unobserved,
}: Outages): { since: string; ms: number; why: string } | undefined {
  const open = outages.at(-1);
  if (!open || open.until !== undefined) return undefined;
  const now = Date.parse(open.since) + open.ms;
  const looked = unobserved.map(({ until }) => Date.parse(until));
  return { since: open.since, ms: Math.max(0, now - Math.max(Date.parse(open.since), ...looked)), why: open.why };
}

function hostOf(observer: string): string {
  return observer.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

/** Input of the workflow `declaring`, which it also hands on to itself. */
export const declaringSchema = z.object({
  service: nameSchema,
  /** The outage that was dealt with; nothing is declared until the service has been seen well again. */
  dealtWith: z.string().optional(),
  /** An outage that waits for a run which holds the workflow id, and how often it was tried. */
  refused: z.object({ evidence: z.string(), times: z.number().int().positive() }).optional(),
  held: z.object({ by: z.string(), reason: z.string(), at: z.string() }).optional(),
});
export type Declaring = z.output<typeof declaringSchema>;

export const holdSchema = z.object({ by: z.string().min(1), reason: z.string().min(1) });

/** What a watch saw last. */
export type Watched =
  | { readonly state: 'outage'; readonly evidence: string; readonly procedure: DeclareRule['procedure'] }
  /** Served from somewhere that the plan's failover does not lead away from: a person says what is to be done. */
  | { readonly state: 'elsewhere'; readonly evidence: string; readonly from: string }
  /** A recovery has ended already during this outage, or was refused. */
  | { readonly state: 'decided'; readonly evidence: string; readonly by: string }
  | { readonly state: 'well'; readonly why: string }
  | { readonly state: 'nothing'; readonly why: string }
  /** The plan says nothing of declaring any more. */
  | { readonly state: 'off' };

export interface DeclaringStatus extends Declaring {
  readonly says: string;
  /** Runs that were begun, newest last. */
  readonly declared: readonly string[];
}
