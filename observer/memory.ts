/** What the observer has seen within the time it answers for. */
import type { ObserverLine, ObserverState, Probe, Write } from '../domain/observers/observer.ts';

export type Memory = ReturnType<typeof createMemory>;

const tidyEvery = 5000;

export function createMemory(keepMs: number) {
  let probes: Probe[] = [];
  let writes: Write[] = [];
  let taken = 0;

  function tidy(now: number): void {
    const recent = (line: { at: string }) => Date.parse(line.at) >= now - keepMs;
    probes = probes.filter(recent);
    writes = writes.filter(recent);
  }

  return {
    take(line: ObserverLine): void {
      if (line.kind === 'probe') probes.push(line);
      else if (line.kind === 'write') writes.push(line);
      taken += 1;
      if (taken % tidyEvery === 0) tidy(Date.now());
    },
    probes: (): readonly Probe[] => probes,
    writes: (): readonly Write[] => writes,
    /** `unknown` when the last probe is older than `gapMs`: an observer that does not look does not know. */
    state(url: string, now: number, gapMs: number): ObserverState {
      const last = probes.at(-1);
      const stale = !last || now - (Date.parse(last.at) + last.ms) > gapMs;
      const turned = last && probes.findLastIndex((probe) => probe.ok !== last.ok) + 1;
      return {
        url,
        state: stale ? 'unknown' : last.ok ? 'ok' : 'failing',
        since: stale || turned === undefined ? undefined : probes[turned]?.at,
        lastGood: probes.findLast((probe) => probe.ok)?.at,
        lastBad: probes.findLast((probe) => !probe.ok)?.at,
        address: last?.address,
        why: last?.why,
        probes: probes.length,
        acknowledged: writes.filter((write) => write.ok).length,
      };
    },
  };
}
