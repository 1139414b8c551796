/** What a Schedule does that announces: looks when the drill is due, and tells of it once for each time. */
import { type Announced, type Announces, announcementsNow } from '../../domain/drills/announcing.ts';
import type { DueInput, DueResult } from '../../domain/schedules/due.ts';
import { nextDue, tell } from './scheduled-activities.ts';

/** @param last  what the look before has left; absent at the first */
export async function announce(due: DueInput, announces: Announces, last: Announced | undefined): Promise<DueResult> {
  const next = await nextDue(announces.schedule);
  const { tell: texts, announced } = announcementsNow(announces, next, last, Date.now());
  for (const text of texts) await tell(due, 'drill-announced', text, 'info');
  const why =
    texts.join(' ') || (next.at ? `nothing to tell: due at ${next.at}` : `${announces.schedule} is not due again`);
  return { outcome: texts.length > 0 ? 'announced' : 'not due', why, ...(announced ? { announced } : {}) };
}
