/** How a run ended in the eyes of whoever counts: metrics, objectives, the report of a month. Pure. */

import { looks } from '../report/bad.ts';
import type { Report } from '../report/report.ts';

/** `aborted`: it was given up, or there was nothing to do; neither success nor failure. */
export type RunEnd = 'success' | 'failed' | 'aborted';

/** A drill that went to its end and has findings is no success, nor is a look that found a recovery point bad. */
export function endedAs({ procedure, result, drill, refused, failed, bad }: Report): RunEnd {
  // It stood aside, and was not tried.
  if (refused?.type === 'RecoveryUnderWay') return 'aborted';
  if (drill && result === 'done')
    return drill.result === 'passed' ? 'success' : drill.result === 'called-off' ? 'aborted' : 'failed';
  if (result === 'done') return bad?.length ? 'failed' : 'success';
  if (result !== 'failed') return 'aborted';
  // That there is no recovery point is told by itself, and of one that is not there nothing was shown.
  const nothing = refused?.type === 'PointNotFound' || failed.some(({ error }) => error.startsWith('PointNotFound: '));
  return nothing && looks.includes(procedure) ? 'aborted' : 'failed';
}

/** The word for its result in a list: what a drill found is its result. */
export function resultOf(report: Report): string {
  const end = endedAs(report);
  return report.result === 'done' && end !== 'success' ? end : report.result;
}
