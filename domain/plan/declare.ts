/** Who may declare an outage besides a person: observers in several places, together. */
import { z } from 'zod';
import { someTime } from './values.ts';

export const declareSchema = z
  .strictObject({
    /** Base URLs of the observers' APIs, each in another place. */
    observers: z
      .array(z.url())
      .min(2, { error: 'one vantage point cannot tell an outage from its own. Try: two or more' }),
    /** How many must see the outage, each without a break. */
    needs: z.number().int().min(2, { error: 'a single vantage point never declares. Try: 2' }).default(2),
    /** How long they must see it: shorter ones pass. */
    after: someTime.default(120_000),
    /** Between two looks. */
    every: someTime.default(10_000),
    procedure: z.enum(['failover', 'full-recovery']).default('failover'),
    /** `automatic` goes without a person where no risk stands and the observers still see the outage. */
    go: z.enum(['ask', 'automatic']).default('ask'),
  })
  .refine(({ observers }) => new Set(observers.map(originOf)).size === observers.length, {
    error: 'the same observer twice is one vantage point. Try: name each once',
    path: ['observers'],
  })
  .refine(({ observers, needs }) => needs <= observers.length && needs * 2 > observers.length, {
    error: 'needs is more than half of the observers, and not more than there are. Try: 2 of 2, 2 of 3, 3 of 4',
    path: ['needs'],
  });
export type DeclareRule = z.infer<typeof declareSchema>;

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
