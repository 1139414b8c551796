/** Which shipped logs stay: whatever leads on from a kept point, and nothing before it. */
import { expect, it } from 'vitest';
import type { LogRecord } from '../../../domain/databases/log-record.ts';
import { timeOfPointId } from '../../../domain/points/recovery-point.ts';
import { decideLogs, type LogBatch, logStarts, mustBeRead, summarizeLogs } from '../../../domain/retention/logs.ts';

const now = Date.parse('2026-02-01T00:00:00Z');
const ids = ['20260101_000000', '20260102_000000', '20260103_000000', '20260104_000000'];
const batches = ids.map(
  (batch): LogBatch => ({
    ...{ component: 'db', batch, recorded: true },
    objects: [{ key: `records/${batch}.json`, bytes: 1, modified: timeOfPointId(batch) }],
  }),
);
/** Each batch ends when it was shipped, to the second. */
const records = new Map(
  ids.map((batch) => {
    const to = new Date(timeOfPointId(batch)).toISOString();
    return [batch, { batch, segments: [{ to }] } as unknown as LogRecord];
  }),
);
const kept = (takenAt: string | undefined, parts: { batches?: LogBatch[]; grace?: number; none?: boolean } = {}) => {
  const start = takenAt === undefined ? undefined : { point: 'p', takenAt };
  const known = parts.none ? new Map() : records;
  const given = { start, records: known };
  return decideLogs(parts.batches ?? batches, 'near', given, { now, grace: parts.grace ?? 1 });
};
const stays = (verdicts: ReturnType<typeof kept>) => verdicts.filter(({ keep }) => keep).map(({ batch }) => batch);

it('keeps everything from the batch on in which the oldest kept snapshot stands', () => {
  const verdicts = kept('2026-01-02T10:00:00.500Z');
  expect(stays(verdicts)).toEqual(ids.slice(2));
  expect(verdicts[0]?.why).toEqual(['ends before p, the oldest point that is kept']);
  expect(verdicts[2]?.why).toEqual(['leads on from p, the oldest point that is kept']);
});

it('counts whole seconds, as the log does', () => {
  expect(stays(kept('2026-01-02T00:00:00.900Z'))).toEqual(ids.slice(1));
  expect(stays(kept('2026-01-02T00:00:01.100Z'))).toEqual(ids.slice(2));
});

it('never drops the newest, the young, or what a person has to look at', () => {
  expect(stays(kept('2026-01-20T00:00:00Z'))).toEqual(ids.slice(3));
  expect(stays(kept('2026-01-20T00:00:00Z', { grace: now - Date.parse('2026-01-02T12:00:00Z') }))).toEqual(
    ids.slice(2),
  );
  expect(stays(kept('2026-01-20T00:00:00Z', { none: true }))).toEqual(ids);
});

it('takes a copy made today of an old batch for young', () => {
  const fresh = batches.map((each) => ({
    ...each,
    objects: each.objects.map((object) => ({ ...object, modified: now })),
  }));
  expect(stays(kept('2026-01-20T00:00:00Z', { batches: fresh, grace: 3_600_000 }))).toEqual(ids);
});

it('drops what led on from no kept point, but for the newest', () => {
  const verdicts = kept(undefined);
  expect(stays(verdicts)).toEqual(ids.slice(3));
  expect(verdicts[0]?.why).toEqual(['no point that is kept can be led on by it']);
});

it('drops what a shipping that was given up left, also in between', () => {
  const half = batches.map((each, index) => ({ ...each, recorded: index !== 2 }));
  const verdicts = kept('2026-01-01T12:00:00Z', { batches: half });
  expect(stays(verdicts)).toEqual([ids[1], ids[3]]);
  expect(verdicts[2]?.why).toEqual(['left by a shipping that was given up']);
});

it('reads records only of what was shipped before the snapshot', () => {
  const start = { point: 'p', takenAt: '2026-01-02T10:00:00Z' };
  expect(batches.map((each) => mustBeRead(each, start))).toEqual([true, true, false, false]);
});

it('starts at the oldest snapshot that has a position in the log', () => {
  const point = (id: string, takenAt: string, details: object) =>
    ({ id, components: [{ component: 'db', takenAt, details }] }) as never;
  const binlog = { file: 'bin.000003', position: 4 };
  const starts = logStarts([
    point('c', '2026-01-03T00:00:00Z', { binlog }),
    point('b', '2026-01-02T00:00:00Z', { binlog }),
    point('a', '2026-01-01T00:00:00Z', { binlog: null }),
  ]);
  expect(starts.get('db')).toEqual({ point: 'b', takenAt: '2026-01-02T00:00:00Z' });
});

it('says of many batches once what is true of all of them', () => {
  expect(summarizeLogs(kept('2026-01-02T10:00:00Z'))).toMatchObject([
    { keep: false, batches: 2, first: ids[0], last: ids[1] },
    { keep: true, batches: 1, first: ids[2] },
    { keep: true, batches: 1, first: ids[3] },
  ]);
});
