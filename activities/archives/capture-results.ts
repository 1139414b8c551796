/** A capture job's result lines, and the component record that follows from them. */
import { z } from 'zod';
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import {
  type Archive,
  archiveName,
  type ComponentRecord,
  componentRecordSchema,
  layout,
  type Part,
  type Warning,
} from '../../domain/points/recovery-point.ts';
import type { CaptureFacts } from './driver.ts';
import { readable, unquoted } from './job-files.ts';

const lineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('part'),
    /** Number of the archive, or `index`. */
    archive: z.string(),
    part: z.number(),
    /** 1, or 2 for an archive that was read again. */
    try: z.number(),
    name: z.string(),
    bytes: z.number(),
    sha256: z.string(),
  }),
  z.object({
    type: z.literal('archive'),
    archive: z.string(),
    try: z.number(),
    entries: z.number(),
    bytes: z.number(),
  }),
  z.object({
    type: z.literal('warning'),
    kind: z.enum(['vanished', 'shrunk', 'torn']),
    path: z.string().optional(),
    quoted: z.string().optional(),
  }),
  /** What is used of an archive of an earlier point; it is called as `archiveName` says. */
  z.object({ type: z.literal('kept'), archive: z.string(), entries: z.number(), bytes: z.number() }),
  z.object({ type: z.literal('full'), why: z.string() }),
  z.looseObject({ type: z.enum(['check', 'tables', 'info']) }),
  z.looseObject({
    type: z.literal('summary'),
    token: z.string(),
    hostname: z.string(),
    takenAt: z.string(),
    finishedAt: z.string(),
  }),
]);
type Line = z.infer<typeof lineSchema>;

export interface RecordPlace {
  readonly service: string;
  readonly point: string;
  readonly component: Component;
  readonly host: Host;
  readonly base?: { readonly point: string; readonly record: ComponentRecord };
}

/** Why a capture that had a base is full after all; undefined where it is not. */
export function whyFull(results: readonly unknown[]): string | undefined {
  return only(
    results.map((result) => lineSchema.parse(result)),
    'full',
  )[0]?.why;
}

/** Deterministic: the same lines give the same record, so a second worker writes the same bytes. */
export function recordOf(place: RecordPlace, results: readonly unknown[], facts: CaptureFacts): ComponentRecord {
  const all = results.map((result) => lineSchema.parse(result));
  const summary = only(all, 'summary')[0];
  if (!summary) throw new Error('the capture job ended without a summary');
  const { service, point, component } = place;
  const parts = only(all, 'part');
  const archives = only(all, 'archive')
    .map(({ archive, try: reading, entries, bytes }): Archive => {
      const mine = parts.filter((part) => part.archive === archive && part.try === reading);
      return {
        number: Number(archive),
        point,
        kind: component.driver === 'files' ? 'tree' : 'dump',
        parts: inOrder(mine).map((part) =>
          asPart(part, layout.part(service, point, component.name, Number(archive), part.part, attemptOf(part.name))),
        ),
        bytes,
        entries,
      };
    })
    .sort((a, b) => a.number - b.number);
  const index = inOrder(parts.filter((part) => part.archive === 'index')).map((part) =>
    asPart(part, layout.index(service, point, component.name, part.part, attemptOf(part.name))),
  );
  const stored = [...archives.flatMap((archive) => archive.parts), ...index];
  const used = only(all, 'kept');
  return componentRecordSchema.parse({
    component: component.name,
    driver: component.driver,
    host: { name: place.host.name, hostname: summary.hostname, address: place.host.address },
    takenAt: summary.takenAt,
    finishedAt: summary.finishedAt,
    base: used.length > 0 ? place.base?.point : undefined,
    archives: [...archives, ...used.map(({ archive }) => ofBase(place, archive))],
    index: index.length > 0 ? { parts: index } : undefined,
    entries: total([...archives, ...used].map(({ entries }) => entries)),
    bytes: facts.bytes ?? total([...archives, ...used].map(({ bytes }) => bytes)),
    storedBytes: facts.storedBytes ?? total(stored.map(({ bytes }) => bytes)),
    checks: facts.checks,
    warnings: warningsOf(only(all, 'warning')),
    version: facts.version,
    commit: facts.commit,
    details: facts.details,
  } satisfies ComponentRecord);
}

function ofBase({ point, base }: RecordPlace, name: string): Archive {
  const found = base?.record.archives.find((archive) => archiveName(archive, point) === name);
  if (!found) throw new Error(`the capture refers to archive ${name}, which ${base?.point ?? 'no base'} does not have`);
  return found;
}

/** The parts that a job put, by the archive they are of. */
export function partsByArchive(
  { service, point, component }: { service: string; point: string; component: string },
  results: readonly unknown[],
): (archive: string) => Part[] {
  const parts = only(
    results.flatMap((line) => lineSchema.safeParse(line).data ?? []),
    'part',
  );
  return (archive) =>
    inOrder(parts.filter((part) => part.archive === archive)).map((part) =>
      asPart(part, layout.part(service, point, component, Number(archive), part.part, attemptOf(part.name))),
    );
}

function warningsOf(found: readonly Extract<Line, { type: 'warning' }>[]): Warning[] {
  const warnings = new Map<string, Warning>();
  for (const { kind, path, quoted } of found) {
    const text = readable(path ?? unquoted(quoted ?? '')).replace(/^\./, '');
    warnings.set(`${kind} ${text}`, { kind, path: text });
  }
  return [...warnings.values()];
}

function only<T extends Line['type']>(all: readonly Line[], type: T): Extract<Line, { type: T }>[] {
  return all.filter((line): line is Extract<Line, { type: T }> => line.type === type);
}

/** A part that a restarted filter reported twice counts once, the last time. */
function inOrder<T extends { readonly part: number }>(parts: readonly T[]): T[] {
  return [...new Map(parts.map((part) => [part.part, part])).values()].sort((a, b) => a.part - b.part);
}

function asPart({ bytes, sha256 }: { bytes: number; sha256: string }, key: string): Part {
  return { key, bytes, sha256 };
}

function attemptOf(name: string): string {
  return name.slice(name.indexOf('-') + 1);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
