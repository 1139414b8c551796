/** What the observer sees, into its memory and onto the disk. A disk that is full or gone ends no watch. */
import { type ObserverLine, outagesOf, type Probe, unobservedOf } from '../domain/observers/observer.ts';
import type { History } from './history.ts';
import type { Memory } from './memory.ts';

export interface Remembering {
  readonly memory: Memory;
  readonly history: History;
  /** To the log. */
  append(line: ObserverLine): void;
  /** ms; a longer pause between two probes means that nobody looked. */
  readonly gapMs: number;
  /** The last probe of the observer before this one, of whatever time. */
  readonly last?: Probe | undefined;
  /** Told when something could not be written. */
  failed(error: unknown): void;
}

export function createRemember({ memory, history, append, gapMs, last, failed }: Remembering) {
  return (line: ObserverLine): void => {
    const before = memory.probes().at(-1) ?? last;
    memory.take(line);
    try {
      append(line);
      if (line.kind === 'start' || (line.kind === 'probe' && before && ends(before, line))) keepSeen(before);
    } catch (error) {
      failed(error);
    }
  };

  /** An outage is over, or nobody looked between the two. */
  function ends(before: Probe, line: Probe): boolean {
    return (line.ok && !before.ok) || Date.parse(line.at) - endOf(before) > gapMs;
  }

  function keepSeen(before: Probe | undefined): void {
    const seen = memory.probes();
    // The one before may be older than what is remembered of requests.
    const probes = before && !seen.includes(before) ? [before, ...seen] : seen;
    const newest = probes.at(-1);
    const look = { now: newest ? endOf(newest) : 0, gapMs };
    history.keep({ outages: outagesOf(probes, look), unobserved: unobservedOf(probes, look) });
  }
}

function endOf({ at, ms }: Probe): number {
  return Date.parse(at) + ms;
}
