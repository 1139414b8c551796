/** Whether an audit log is whole: signatures, chains, gaps, and that the copies at the locations agree. Pure. */
import type { AuditEntry } from './audit.ts';

/** One object under `audit/`, as it lies at one location. */
export interface AuditCopy {
  readonly key: string;
  /** From its name; absent where that is none. */
  readonly run?: string;
  readonly n?: number;
  /** What is wrong with it by itself: changed, unsigned, under another's name. */
  readonly wrong?: string;
  readonly entry?: AuditEntry;
  /** Of the entry's text, hex. */
  readonly sha256?: string;
}

export interface AuditPlace {
  readonly location: string;
  readonly copies: readonly AuditCopy[];
  /** Runs that left a report there. */
  readonly reported: readonly string[];
}

export interface AuditFinding {
  readonly what: 'changed' | 'removed' | 'differs' | 'lacking' | 'unlogged' | 'unended';
  readonly run?: string;
  readonly n?: number;
  readonly location?: string;
  /** A sentence. */
  readonly text: string;
}

export interface AuditVerdict {
  readonly runs: number;
  readonly entries: number;
  readonly findings: readonly AuditFinding[];
  /** Runs whose last entry does not say that it is the last: they go on, or nobody knows whether they do. */
  readonly open: readonly string[];
}

/** Findings in the order of runs and entries; empty where the log is whole at every place. */
export function checkAudit(places: readonly AuditPlace[]): AuditVerdict {
  const runs = Map.groupBy(
    places.flatMap(({ location, copies }) => copies.map((copy) => ({ location, copy }))),
    ({ copy }) => copy.run ?? '',
  );
  const open: string[] = [];
  const findings: AuditFinding[] = [];
  let entries = 0;
  for (const [run, copies] of [...runs].sort(([a], [b]) => a.localeCompare(b))) {
    for (const { location, copy } of copies) {
      if (!copy.wrong) continue;
      const text = `${copy.key} at ${location} was changed: ${copy.wrong}.`;
      findings.push({ what: 'changed', run, n: copy.n, location, text });
    }
    if (run === '') continue;
    const good = goodByNumber(copies);
    entries += good.size;
    findings.push(...chainOf(run, good), ...lackingOf(run, good, places));
    if (!isSealed(good)) open.push(run);
  }
  const count = [...runs.keys()].filter((run) => run !== '').length;
  return { runs: count, entries, findings: [...findings, ...unlogged(places, runs)], open };
}

/**
 * A run that is over has an end in its log: where it has none, it was terminated, nobody took its last entries, or somebody did.
 *
 * @param over  runs that were open and did not go on when Temporal was asked, before this log was read; with what it says of each
 */
export function withMissingEnds(verdict: AuditVerdict, over: ReadonlyMap<string, string>): AuditVerdict {
  const unended = verdict.open.flatMap((run): AuditFinding[] => {
    const says = over.get(run);
    const text = `${run} is over (${says}), and no entry says that it is the last: it was terminated, its end was never written, or that was removed.`;
    return says === undefined ? [] : [{ what: 'unended', run, text }];
  });
  const open = verdict.open.filter((run) => !over.has(run));
  return { ...verdict, findings: [...verdict.findings, ...unended], open };
}

/** Number to the different entries that carry it, with where they lie. */
type Good = ReadonlyMap<number, readonly { entry: AuditEntry; sha256: string; locations: string[] }[]>;

function goodByNumber(copies: readonly { location: string; copy: AuditCopy }[]): Good {
  const good = new Map<number, { entry: AuditEntry; sha256: string; locations: string[] }[]>();
  for (const { location, copy } of copies) {
    const { n, entry, sha256 } = copy;
    if (n === undefined || !entry || !sha256) continue;
    const same = good.get(n) ?? [];
    const known = same.find((other) => other.sha256 === sha256);
    if (known) known.locations.push(location);
    else good.set(n, [...same, { entry, sha256, locations: [location] }]);
  }
  return good;
}

function chainOf(run: string, good: Good): AuditFinding[] {
  const findings: AuditFinding[] = [];
  const last = lastOf(good);
  for (let n = 1; n <= last; n += 1) {
    const here = good.get(n) ?? [];
    const before = good.get(n - 1);
    if (here.length === 0) {
      findings.push({ what: 'removed', run, n, text: `Entry ${n} of ${run} was removed: no location has it.` });
    }
    if (here.length > 1) {
      const where = here.map(({ locations }) => locations.join(' and ')).join(', another one at ');
      findings.push({ what: 'differs', run, n, text: `Entry ${n} of ${run} is one at ${where}.` });
    }
    const first = here[0];
    const wanted = n === 1 ? null : before?.[0]?.sha256;
    if (first && wanted !== undefined && first.entry.previous !== wanted) {
      const text =
        n === 1
          ? `Entry 1 of ${run} names one before it: the beginning of its log was removed.`
          : `Entry ${n} of ${run} follows another entry ${n - 1} than the one that is there: that was exchanged.`;
      findings.push({ what: 'changed', run, n: Math.max(1, n - 1), text });
    }
  }
  const sealed = [...good.values()].flat().find(({ entry }) => entry.entries !== undefined)?.entry;
  if (sealed && sealed.entries !== last) {
    const text = `${run} was sealed with ${sealed.entries} entries, and there is an entry ${last}.`;
    findings.push({ what: 'changed', run, n: last, text });
  }
  return findings;
}

function lackingOf(run: string, good: Good, places: readonly AuditPlace[]): AuditFinding[] {
  return places.flatMap(({ location, copies }) => {
    const there = new Set(copies.filter((copy) => copy.run === run).map(({ n }) => n));
    const lacks = [...good.keys()].filter((n) => !there.has(n)).sort((a, b) => a - b);
    if (lacks.length === 0) return [];
    const at = [...new Set(lacks.flatMap((n) => good.get(n)?.[0]?.locations ?? []))].join(', ');
    const text = `${location} lacks ${plural(lacks)} ${ranges(lacks)} of ${run}, which ${at} has.`;
    return [{ what: 'lacking' as const, run, n: lacks[0] as number, location, text }];
  });
}

function plural(numbers: readonly number[]): string {
  return numbers.length === 1 ? 'entry' : 'entries';
}

/** `[1, 2, 3, 7]` -> `1-3, 7` */
function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const n of numbers) {
    const current = parts.at(-1);
    if (current && current[1] === n - 1) current[1] = n;
    else parts.push([n, n]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

function isSealed(good: Good): boolean {
  return (good.get(lastOf(good)) ?? []).some(({ entry }) => entry.entries !== undefined);
}

function lastOf(good: Good): number {
  return Math.max(0, ...good.keys());
}

/** A run that left a report and no entry, since there is a log at all: somebody took all of it. */
function unlogged(places: readonly AuditPlace[], runs: ReadonlyMap<string, unknown>): AuditFinding[] {
  const times = places.flatMap(({ copies }) => copies.flatMap(({ entry }) => (entry ? [stampOf(entry.at)] : [])));
  const first = times.sort()[0];
  if (first === undefined) return [];
  const reported = new Set(places.flatMap((place) => place.reported));
  return [...reported].sort().flatMap((run) => {
    const [, begun] = /-(\d{8}-\d{6})-[0-9a-f]{4}$/.exec(run) ?? [];
    if (begun === undefined || begun <= first || runs.has(run) || run.startsWith('log-shipping-')) return [];
    return [{ what: 'unlogged' as const, run, text: `${run} left a report, and no entry of its log is anywhere.` }];
  });
}

/** As in run ids: `20261122-031500`. */
function stampOf(at: string): string {
  return at.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
