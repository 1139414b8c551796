/** `muster objectives` over what runs left behind in two real locations. */
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layout } from '../../domain/points/recovery-point.ts';
import { buildReport } from '../../domain/report/build.ts';
import type { Report } from '../../domain/report/report.ts';
import { type LeftBehind, leftBehind } from '../activities/objectives/left-behind.ts';
import { aStatus } from '../domain/run/a-run.ts';
import { runMuster } from '../support/run-muster.ts';

const minute = 60_000;
const hour = 60 * minute;
let left: LeftBehind;
const now = Date.now();

beforeEach(async () => {
  left = await leftBehind();
});
afterEach(() => left.end());

const muster = (words: string) =>
  runMuster(words.split(' '), { MUSTER_PLANS: left.plans, MUSTER_REPORTS: left.reports } as Record<string, string>);

interface Shown {
  readonly verdict: string;
  readonly objectives: readonly {
    readonly id: string;
    readonly subject?: string;
    readonly verdict: string;
    readonly achieved?: number;
    readonly counted?: { good: number; bad: number; unknown: number };
    readonly notes: readonly string[];
  }[];
  readonly unread: readonly { place: string; run?: string }[];
}

async function shown(
  words = '',
): Promise<Shown & { code: number; row(id: string): Shown['objectives'][number] | undefined }> {
  const { out, code } = await muster(`objectives spacetime --json${words}`);
  const document = JSON.parse(out) as Shown;
  return { ...document, code, row: (id) => document.objectives.find((each) => each.id === id) };
}

test('a service of which nothing is known has met nothing, and that is no failure', async () => {
  const found = await shown();
  expect(found.code).toBe(0);
  expect(found.verdict).toBe('unknown');
  expect(new Set(found.objectives.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
});

test('reports and points of the window are counted; one failed backup of so few is over a budget of 99.9 %', async () => {
  await left.replan((plan) => {
    plan.objectives = {
      rpo: '2h',
      rto: {},
      slos: { backups: { target: '99.9%' }, rpo: { target: '100%', window: '1d' } },
    };
  });
  await Promise.all(Array.from({ length: 30 }, (_, n) => left.report(backup((n + 1) * hour))));
  const before = await shown();
  expect(before.row('backups')).toMatchObject({ verdict: 'met', counted: { good: 30, bad: 0 } });
  expect(before.objectives.filter(({ id }) => id === 'rpo')).toMatchObject([
    { subject: 'configuration', verdict: 'met', achieved: 1 },
    { subject: 'data', verdict: 'met', achieved: 1 },
  ]);
  await left.report(backup(70 * hour, { result: 'failed', made: undefined }));
  const after = await shown();
  expect(after.row('backups')).toMatchObject({ verdict: 'missed', counted: { good: 30, bad: 1 } });
  expect(after.code).toBe(7);
  expect((await shown(' --window 1h')).row('backups')).toMatchObject({ counted: { bad: 0 } });
});

test('points that stand are believed by their marks, and a gap between them is a missed RPO', async () => {
  await left.replan((plan) => {
    plan.objectives = { rpo: '2h', rto: {}, slos: { rpo: { target: '90%', window: '10h' } } };
  });
  for (const ago of [12, 11, 10, 9, 4, 3, 2, 1]) await left.point(now - ago * hour);
  const missed = await shown();
  const data = missed.objectives.find(({ subject }) => subject === 'data');
  // Two hours after the point of nine hours ago, until that of four hours ago was replicated.
  expect(data?.counted?.bad).toBeGreaterThan(3 * hour - minute);
  expect(data?.counted?.bad).toBeLessThan(3 * hour + 2 * minute);
  expect(missed.code).toBe(7);
  expect(missed.row('backups')).toMatchObject({ verdict: 'met', counted: { good: 8, bad: 0 } });
  const { out } = await muster('objectives spacetime');
  expect(out).toMatch(/no more than 2h of data would be lost +90 % +\d+\.\d+ % +since .* MISSED/);
  expect(out).toMatch(/a recovery is over within its RTO +100 % +- .* unknown +nothing was recovered/);
  await left.point(now - 7 * hour);
  await left.point(now - 5.5 * hour);
  expect((await shown()).objectives.find(({ subject }) => subject === 'data')).toMatchObject({ verdict: 'met' });
});

test('a location that is gone is named; where none answers nothing is said of anything', async () => {
  for (let n = 1; n < 4; n += 1) await left.report(backup(n * hour));
  const gone = (name: 'near' | 'far') => rename(left.place(name), `${left.place(name)}-gone`);
  await gone('near');
  expect((await shown()).row('backups')).toMatchObject({ verdict: 'met', counted: { good: 3 } });
  expect((await muster('objectives spacetime')).out).toContain('NOT REACHED near');
  await gone('far');
  const blind = await shown();
  expect(blind.code).toBe(3);
  expect(blind.objectives.filter(({ verdict }) => verdict !== 'unknown')).toEqual([]);
});

test('half a report leaves open how its backup went, and is named', async () => {
  await left.report(backup(hour));
  const { run } = backup(2 * hour);
  for (const store of left.stores) await store.put(layout.report('spacetime', run, 'report.json'), Buffer.from('{"fo'));
  const { out, code } = await muster('objectives spacetime');
  expect(out).toContain(`NOT READ ${run} at near`);
  expect(code).toBe(0);
  expect((await shown()).row('backups')).toMatchObject({
    verdict: 'unknown',
    counted: { good: 1, bad: 0, unknown: 1 },
  });
});

test('every plan is judged where no service is named, and a plan with mistakes does not hide the others', async () => {
  await left.report(backup(hour, { result: 'failed', made: undefined }));
  await rename(join(left.plans, 'spacetime.yaml'), join(left.plans, 'bad.yaml'));
  await left.replan();
  const { out, code } = await muster('objectives');
  expect(code).toBe(7);
  expect(out).toMatch(/^bad\nPLAN (.|\n)*\n\nspacetime\nobjective/);
  expect(out).toMatch(/backups succeed +99 % +0 % .* MISSED/);
});

test('the time in which the service answered is what its observers remember', async () => {
  const iso = (ago: number) => new Date(now - ago).toISOString();
  const outage = { since: iso(3 * hour), until: iso(2 * hour), ms: hour, failed: 9, why: 'status 503', observed: true };
  const answers: Record<string, object> = {
    '/state': { url: 'http://shop.example/', state: 'ok', probes: 9, acknowledged: 0 },
    '/outages': { outages: [outage], unobserved: [], ms: hour, from: iso(50 * hour) },
  };
  const observer = createServer(({ url = '' }, response) => {
    response.end(JSON.stringify(answers[url.split('?')[0] ?? '']));
  }).listen(0, '127.0.0.1');
  await once(observer, 'listening');
  try {
    const { port } = observer.address() as AddressInfo;
    await left.replan((plan) => {
      Object.assign(plan.health as object, { publicUrl: 'http://shop.example/' });
      plan.observers = [{ name: 'office', url: `http://127.0.0.1:${port}` }];
    });
    expect((await shown(' --window 10h')).row('availability')).toMatchObject({
      verdict: 'missed',
      achieved: expect.closeTo(0.9),
    });
    const longer = (await shown(' --window 60h')).row('availability');
    expect(longer).toMatchObject({ verdict: 'missed', counted: { bad: hour } });
    expect(longer?.notes).toEqual(['down for 1h', expect.stringMatching(/^too few looked for (9h|10h)/)]);
  } finally {
    observer.close();
  }
});

test('a window that is none is refused with a hint', async () => {
  const said = await muster('objectives spacetime --window 30');
  expect(said.code).toBe(2);
  expect(said.err).toContain('--window 30d, or --window 4q');
});

/** Of a backup that ended so long ago, after ten minutes. */
function backup(ago: number, more: Partial<Report> = {}): Report {
  const [began, ended] = [ago + 10 * minute, ago].map((ms) => new Date(now - ms).toISOString()) as [string, string];
  const stamp = began.slice(0, 19).replaceAll(/[-:]/g, '');
  const clock = { declared: { at: began, source: 'start of the run' }, spoken: [], waiting: 0 };
  const run = `backup-${stamp.replace('T', '-')}-ab12`;
  const status = aStatus({ procedure: 'backup', phase: 'done', run, workflowId: 'spacetime/backup', clock });
  const components = ['configuration', 'data'].map((component) => ({
    component,
    driver: 'files',
    step: 'c',
    done: true,
  }));
  return { ...buildReport({ status, endedAt: ended }), made: stamp.replace('T', '_'), components, ...more };
}
