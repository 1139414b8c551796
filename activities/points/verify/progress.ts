/** What a verification says while it runs: which point, how much was read and how fast; and with it what the next attempt needs. */
import { formatDuration } from '../../../domain/duration.ts';
import type { StepContext } from '../../context.ts';
import type { Resume } from './resume.ts';

export interface ProgressTeller {
  read(bytes: number): void;
  progress(state: Resume): void;
}

/** @param total  points to look at */
export function progressTeller(context: StepContext, total: number): ProgressTeller {
  const started = performance.now();
  let read = 0;
  let last: Resume | undefined;
  const beat = () => {
    const done = last ? last.done.length : 0;
    const took = performance.now() - started;
    const left = done > 0 && done < total ? `, about ${formatDuration((took / done) * (total - done))} left` : '';
    const speed = took > 1_000 ? ` at ${((read / took) * 0.001).toFixed(0)} MB/s` : '';
    context.heartbeat({
      text: `point ${Math.min(done + 1, total)} of ${total}: ${(read / 1e6).toFixed(0)} MB read${speed}${left}`,
      done: total > 0 ? Math.min(1, done / total) : 0,
      ...(last ? { resume: last } : {}),
    });
  };
  return {
    read(bytes) {
      read += bytes;
      beat();
    },
    progress(state) {
      last = state;
      beat();
    },
  };
}
