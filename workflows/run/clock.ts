/** Speaks when 50, 80 and 100 % of the RTO have passed since the declaration, until the service is seen to be back. */
import { CancellationScope, condition } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import { notify, settle } from '../notices/notify.ts';
import type { Run } from './run.ts';

const marks = [50, 80, 100] as const;

export function startClock(run: Run): void {
  const maximum = run.status.clock.maximum;
  if (maximum === undefined) return;
  void CancellationScope.nonCancellable(() => speakAtMarks(run, maximum));
}

async function speakAtMarks(run: Run, maximum: number): Promise<void> {
  const declared = Date.parse(run.status.clock.declared.at);
  for (const percent of marks) {
    const wait = declared + (maximum * percent) / 100 - Date.now();
    const summary = `Speak when ${percent} % of the RTO of ${formatDuration(maximum)} has passed`;
    if (wait > 0 && (await condition(() => settled(run), wait, { summary }))) return settle(run, 'rto-100');
    if (settled(run)) return settle(run, 'rto-100');
    const text = `${percent} % of the RTO of ${formatDuration(maximum)} has passed`;
    run.status.clock.spoken.push(percent);
    run.note('clock', text);
    notify(run, `rto-${percent}`, `${run.direction()}: ${text}`, percent === 100 ? 'danger' : 'warning');
    run.publish();
  }
}

function settled(run: Run): boolean {
  return run.ended || run.status.clock.recovered !== undefined;
}
