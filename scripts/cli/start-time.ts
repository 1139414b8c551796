/** When a planned move is to begin: a moment, or a maintenance window (`from/to`) after whose end nothing is begun any more. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';

const momentSchema = z.iso.datetime({ offset: true });

/**
 * In: `2026-11-23T02:00:00Z`, `2026-11-23T02:00:00Z/2026-11-23T04:00:00Z`. Out: what goes into the run's input.
 *
 * @param now  ISO; what is over already is refused
 * @throws BadInput
 */
export function startTimeOf(text: string | undefined, now: string): { at?: string; until?: string } {
  if (text === undefined) return {};
  const [at = '', until, ...more] = text.split('/').map((each) => each.trim());
  const good = momentSchema.safeParse(at).success && (until === undefined || momentSchema.safeParse(until).success);
  const example = '--at 2026-11-23T02:00:00Z, or a window: --at 2026-11-23T02:00:00Z/2026-11-23T04:00:00Z.';
  if (!good || more.length > 0) throw refusal('BadInput', `${text} is no time with a zone.`, example);
  if (until !== undefined && Date.parse(until) <= Date.parse(at))
    throw refusal('BadInput', `The window ${text} ends before it begins.`, example);
  if (Date.parse(until ?? at) <= Date.parse(now))
    throw refusal('BadInput', `${until ?? at} is over.`, 'leave out --at to begin when it is approved.');
  return { at, ...(until === undefined ? {} : { until }) };
}
