/**
 * Outages that are over and times in which nobody looked, remembered longer than the requests that showed them: one JSON
 * object a line beside the log, read back after a restart.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Outage, outageSchema, type Window, windowSchema } from '../domain/observers/observer.ts';

const lineSchema = z.discriminatedUnion('kind', [
  outageSchema.extend({ kind: z.literal('outage') }),
  windowSchema.extend({ kind: z.literal('unobserved') }),
  /** When this observer began to look. */
  z.object({ kind: z.literal('from'), at: z.iso.datetime() }),
]);
type Line = z.infer<typeof lineSchema>;

export type History = ReturnType<typeof openHistory>;

/** @param since  when it begins to look, ISO, where it has no history yet */
export function openHistory(path: string, keepMs: number, since: string) {
  const lines = read(path);
  const began = lines.find((line) => line.kind === 'from')?.at ?? since;
  let outages = lines.filter((line) => line.kind === 'outage').map(({ kind: _, ...outage }): Outage => outage);
  let unobserved = lines.filter((line) => line.kind === 'unobserved').map(({ kind: _, ...window }): Window => window);

  function recent({ until = '' }: { readonly until?: string | undefined }): boolean {
    return Date.parse(until) >= Date.now() - keepMs;
  }

  function write(): void {
    const all: Line[] = [
      { kind: 'from', at: began },
      ...outages.map((outage) => ({ kind: 'outage' as const, ...outage })),
      ...unobserved.map((window) => ({ kind: 'unobserved' as const, ...window })),
    ];
    // All of it or none of it: a few lines, however long the observer runs.
    writeFileSync(`${path}.new`, all.map((line) => `${JSON.stringify(line)}\n`).join(''));
    renameSync(`${path}.new`, path);
  }

  return {
    /** ISO: before this nothing is known. */
    from: (): string => new Date(Math.max(Date.parse(began), Date.now() - keepMs)).toISOString(),
    /** Remembers those that are over and are not known yet. */
    keep(seen: { readonly outages: readonly Outage[]; readonly unobserved: readonly Window[] }): void {
      outages = withNew(outages, seen.outages).filter(recent);
      unobserved = withNew(unobserved, seen.unobserved).filter(recent);
      write();
    },
    /** What is remembered, and what was seen since; in order. */
    outages: (seen: readonly Outage[]): Outage[] => inOrder([...outages, ...newIn(outages, seen)]),
    unobserved: (seen: readonly Window[]): Window[] => inOrder([...unobserved, ...newIn(unobserved, seen)]),
  };
}

function withNew<Each extends Outage | Window>(known: readonly Each[], seen: readonly Each[]): Each[] {
  return [...known, ...newIn(known, seen).filter(({ until }) => until !== undefined)];
}

/** One that was seen again, perhaps without its beginning, is the one that is known. */
function newIn<Each extends Outage | Window>(known: readonly Each[], seen: readonly Each[]): Each[] {
  const endOf = ({ until }: Each) => (until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until));
  const same = (one: Each, other: Each) =>
    one.since === other.since || (Date.parse(one.since) < endOf(other) && Date.parse(other.since) < endOf(one));
  return seen.filter((each) => !known.some((one) => same(one, each)));
}

function inOrder<Each extends Outage | Window>(windows: readonly Each[]): Each[] {
  return windows.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
}

function read(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        return lineSchema.safeParse(JSON.parse(text)).data ?? [];
      } catch {
        return [];
      }
    });
}
