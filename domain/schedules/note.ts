/** What a Schedule says of itself to people who find it in the Temporal UI. Pure. */

import { workflowIdOf } from '../playbook/procedures.ts';
import type { AnySchedule } from './every-schedule.ts';

const opening = 'By the plan of ';

/** `By the plan of spacetime: drill quarterly (tabletop); 0 10 * 1,4,7,10 6#1 UTC. To begin it now: Trigger. The run is spacetime/drill; ...` */
export function noteOf(wanted: AnySchedule): string {
  const { what, when } = wanted;
  if (!('due' in wanted)) {
    const { service } = 'look' in wanted ? wanted.look : wanted.report;
    return `${opening}${service}: ${what}; ${when}. ${begin}.`;
  }
  const { service, procedure, announces, drill } = wanted.due;
  const head = `${opening}${service}: ${what}; ${when}.`;
  if (announces) return `${head} It looks each hour whether that is now, tells people, and starts nothing.`;
  const later = drill === undefined ? `muster schedules list ${service}` : `muster drills ${service}`;
  return `${head} ${begin}. The run is ${workflowIdOf(service, procedure)}; what becomes of it: ${later}.`;
}

const begin = 'To begin it now: Trigger';

/** What the note should be where there is one: Muster's own is brought up to date and keeps what follows it, other words stay. */
export function noteBeside(present: string | undefined, wanted: AnySchedule): string {
  const own = noteOf(wanted);
  return present !== undefined && (present.startsWith(own) || !isOurNote(present)) ? present : own;
}

/** Once it goes on: what it says of itself, and then who let it. */
export function noteUnpaused(wanted: AnySchedule, { by, reason }: { by: string; reason?: string | undefined }): string {
  return `${noteOf(wanted)} Unpaused by ${by}${reason ? `: ${reason}` : ''}.`;
}

/** A pause or a person may have put other words there: those stay. */
export function isOurNote(note: string | undefined): boolean {
  return note === undefined || note === '' || note.startsWith(opening);
}
