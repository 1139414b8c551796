/** A report of a month or a quarter in one sentence, for a notice. Pure. */
import type { PeriodReport } from './shape.ts';

/** `3 of 5 objectives met, 1 missed (RPO); 2 open findings; 1 place could not be read` */
export function toldOf({ objectives, findings, findingsLeftOut, unread }: PeriodReport): string {
  const met = objectives.filter(({ verdict }) => verdict === 'met').length;
  const missed = objectives.filter(({ verdict }) => verdict === 'missed').map(({ name }) => name);
  const open = findings.filter(({ closedBy }) => closedBy === undefined).length + findingsLeftOut;
  const places = new Set(unread.map(({ place }) => place)).size;
  return [
    `${met} of ${objectives.length} objectives met${missed.length > 0 ? `, ${missed.length} missed (${missed.join(', ')})` : ''}`,
    counted(open, 'open finding'),
    ...(places > 0 ? [`${counted(places, 'place')} could not be read whole`] : []),
  ].join('; ');
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}
