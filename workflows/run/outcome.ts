/** What a run has come to, in a sentence: the last line of its timeline, of its notice and of its report. */
import { type DrillReport, drillReportOf, drillSentence } from '../../domain/drills/report.ts';
import { rejoins, traitsOf } from '../../domain/playbook/procedures.ts';
import { redundancyOf } from '../../domain/report/standbys.ts';
import { whyNotServing } from './put-back.ts';
import type { Run } from './run.ts';

/** One sentence that says what is true now. */
export function summaryOf(run: Run): string {
  const { procedure, service, to, phase, passedNoReturn, clock } = run.status;
  const what = `${procedure} of ${service}`;
  const undone = run.undone.length > 0 ? ` Put back: ${run.undone.join('; ')}.` : '';
  const seen = run.status.steady?.length ? ` Seen since: ${run.status.steady.join('; ')}.` : '';
  const left = `${run.notUndone.length > 0 ? ` NOT put back: ${run.notUndone.join('; ')}.` : ''}${seen}`;
  switch (phase) {
    case 'done':
      if (traitsOf(procedure).isolated) return `${what} is done.${undone}${left}`;
      if (!traitsOf(procedure).restores) return madeBy(run) ?? `${what} is done.`;
      // A restore moves no name: what came back is what it says.
      if (procedure === 'restore') return madeBy(run) ?? `${what} is done.`;
      return `${service} is served from ${to}${clock.recovered ? ` since ${clock.recovered.at} (${clock.recovered.source})` : ''}.`;
    case 'rejected':
      return `${what} was not started: ${run.abort?.reason ?? 'no-go'}. Nothing was changed.`;
    case 'aborted':
      return `${what} was aborted by ${abortedBy(run)}${passedNoReturn ? ` after the point of no return: ${afterIt(run)}, and nothing was put back` : ''}.${whoServes(run)}${undone}${left}`;
    case 'put-back':
      return `${what} did not happen: ${whyOf(run)}.${whoServes(run)}${undone}${left}`;
    case 'failed':
      return `${what} failed: ${whyOf(run)}.${whoServes(run)}${undone}${left}`;
    default:
      return `${what} is ${phase}.`;
  }
}

function abortedBy({ abort }: Run): string {
  return `${abort?.by ?? 'unknown'}${abort?.goesFirst ? `, for ${abort.goesFirst} goes first` : ''}`;
}

function afterIt({ status: { procedure, to } }: Run): string {
  return rejoins(procedure) ? `${to} may be half-way to a standby` : `${to} may have taken writes`;
}

function whyOf(run: Run): string {
  return (run.failure?.message ?? 'unknown').replace(/\.$/, '');
}

/** After a putting back. Where the site that was to be left is gone, a failover away from it is the way on. */
function whoServes(run: Run): string {
  const why = whyNotServing(run)?.replace(/\.$/, '');
  if (why === undefined) return '';
  const { service, from, to } = run.status;
  if (why === '') return ` ${from} serves ${service} again, and nothing of it was lost.`;
  return ` ${from} does NOT serve ${service}: ${why}. Try: muster failover ${service} --from ${from} --to ${to}.`;
}

/** The point a backup wrote (its id moves on when the planned one was taken), or the one a recovery restores. */
export function pointOf(run: Run): string | undefined {
  // The evidence of a breach is written by a run that restores another point.
  if (traitsOf(run.status.procedure).restores && run.playbook?.point) return run.playbook.point;
  const written = [...run.outputs.values()].find((output) => output.manifestSha256 !== undefined);
  return (written?.point as string | undefined) ?? run.playbook?.point;
}

/** What a run that restores nothing has made true, as its steps say; a backup's is its recovery point. */
function madeBy(run: Run): string | undefined {
  const { procedure, service } = run.status;
  if (procedure === 'backup') return `Recovery point ${pointOf(run) ?? ''} of ${service} is written.`;
  if (rejoins(procedure) && run.playbook) return redundancyOf(run.playbook, Object.fromEntries(run.outputs));
  const drill = drillSeen(run);
  const said = [
    ...(drill ? [drillSentence(drill, service)] : []),
    ...[...run.outputs.values()].flatMap(({ summary }) => summary ?? []),
  ];
  return said.length > 0 ? said.join(' ') : undefined;
}

/** What a drill has shown so far; undefined where the run is none. */
export function drillSeen({ playbook, status, outputs }: Run): DrillReport | undefined {
  return playbook?.drill && drillReportOf({ playbook, status, outputs: Object.fromEntries(outputs) });
}
