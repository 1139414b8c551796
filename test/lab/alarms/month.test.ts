/**
 * A month of SpaceTime, a week of it in some minutes: the first is quiet, then a recovery point is damaged, then a store is full, then
 * every worker is dead. Each problem is alarmed in the time of its rule, nothing else is, and the report of the month tells of it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regions } from '../../../lab/layout.ts';
import { labPaths } from '../../../lab/paths.ts';
import { metricsAddress, workersOf } from '../../../lab/processes/muster.ts';
import { openPictures, type Pictures } from '../../support/pictures.ts';
import { type Alarmed, openAlarmed } from './support/alarmed.ts';
import type { Firing } from './support/alerts.ts';
import { damageNext } from './support/damage-next.ts';
import { type MonthFacts, monthFacts } from './support/month-facts.ts';
import { drills, month, monthPlan, prefixOf, weekOf } from './support/month-plan.ts';
import { type Damaged, damagedPoint, fullStore, noWorkers, type Without } from './support/month-problems.ts';
import { judgeAlarms, told } from './support/problem.ts';
import { smallStore } from './support/small-store.ts';

/** ms that a lab needs until its plan is applied, a first backup is over and everything is read, before the first week begins. */
const ahead = 110_000;
const standby = 'us-west-2';
const workers = regions.flatMap(({ name }) => workersOf(name));
const instances = regions.flatMap(({ name }) => workersOf(name).map((worker) => metricsAddress(worker, name)));

let alarmed: Alarmed;
let store: Awaited<ReturnType<typeof smallStore>>;
let pictures: Pictures;
let start: number;

beforeAll(async () => {
  alarmed = await openAlarmed((overlay) => {
    start = Math.ceil(Date.now() / 1_000) * 1_000 + ahead;
    monthPlan(overlay, start);
  });
  const { lab, apply, alerts } = alarmed;
  // Nobody writes: the size of the database stays what it is.
  await lab.process('observer', 'freeze');
  store = await smallStore(lab, standby);
  await apply();
  await newestPoint(start - ahead);
  await alerts.quiet({ within: start - Date.now() });
  pictures = await openPictures();
}, 400_000);

afterAll(async () => {
  await pictures?.close();
  if (!alarmed) return;
  const { lab, client, close, muster } = alarmed;
  await store?.putBack();
  // What it paused to count goes on, also what no test has: the reports.
  await muster(['schedules', 'unpause', 'spacetime']);
  await lab.process('observer', 'thaw');
  await close();
  // What a failed test restore arranged for itself, once a day until one passes.
  await client.schedule
    .getHandle('spacetime/validation-full')
    .delete()
    .catch(() => {});
}, 300_000);

/** Waits until there is one that counts, of this moment or later; answers its own, ms. */
async function newestPoint(from: number): Promise<number> {
  for (const limit = Date.now() + 120_000; Date.now() < limit; await pause(1_000)) {
    const { json } = await alarmed.muster(['points', 'spacetime', '--json']);
    const { points = [] } = (json ?? {}) as { points?: { takenAt: string; state?: string }[] };
    const counting = points.filter(({ state }) => state !== 'captured' && state !== 'quarantined');
    const newest = Math.max(...counting.map(({ takenAt }) => Date.parse(takenAt)));
    if (newest >= from) return newest;
  }
  throw new Error('No backup came that counts.');
}

/** The same, once the run that made it is over, too: what breaks next breaks no backup that goes on. */
async function newestPointOver(from: number): Promise<number> {
  const newest = await newestPoint(from);
  await over('backup');
  return newest;
}

/** Waits for the last run of a procedure, whatever became of it. */
async function over(procedure: string): Promise<void> {
  const handle = alarmed.client.workflow.getHandle(`spacetime/${procedure}`);
  await handle.result().catch(() => {});
}

interface Held {
  readonly ended: number;
  readonly result: string;
  readonly findings: readonly string[];
}

/** A drill's runs, the newest first. */
async function held(drill: string): Promise<Held[]> {
  const { json } = await alarmed.muster(['drills', 'spacetime', drill, '--json']);
  const [found] = (json as { drills: { held: { ended: string; drill: { result: string; findings: string[] } }[] }[] })
    .drills;
  return (found?.held ?? []).map(({ ended, drill: { result, findings } }) => ({
    ended: Date.parse(ended),
    result,
    findings,
  }));
}

/** Waits until it was held after that moment; answers how. */
async function heldAfter(drill: string, moment: number): Promise<Held> {
  for (const limit = Date.now() + 120_000; Date.now() < limit; await pause(1_000)) {
    const last = (await held(drill))[0];
    if (last && last.ended > moment) return last;
  }
  throw new Error(`The drill ${drill} was not held after ${new Date(moment).toISOString()}.`);
}

const clockAt = async (moment: number) => void (await pause(Math.max(0, moment - Date.now())));

/** What people were told since then, as it was sent. */
function noticesSince(moment: number): string[] {
  const lines = readFileSync(join(labPaths(alarmed.lab.dir).root, 'notices.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean);
  const all = lines.map((line) => JSON.parse(line) as { at: string; body: string });
  return all.filter(({ at }) => Date.parse(at) >= moment).map(({ body }) => body);
}

/** Waits until all of these fire, by their names. How soon they did is judged at the end, from what was stored. */
async function allFire(from: number, names: readonly string[]): Promise<void> {
  for (const name of names) await alarmed.alerts.fired(name, { from, within: 300_000 });
}

describe('a month', () => {
  let damaged: Damaged;
  let full: Without;
  let dead: Without;

  test('its first week is quiet: drills are held and passed, and no alert fires', async () => {
    await clockAt(weekOf(start, 2) - 8_000);
    expect((await alarmed.alerts.since(start)).map(told)).toEqual([]);
    expect((await held(drills.weekly)).map(({ result }) => result)).toEqual(['passed']);
    expect((await held(drills.monthly)).map(({ result }) => result)).toEqual(['passed']);
  });

  test('in the second a point is damaged: its drill finds it, says so, and is held again', async () => {
    const [before] = await held(drills.weekly);
    const from = Date.now();
    const point = await damageNext(alarmed.lab, prefixOf(start), 'database');
    const found = await heldAfter(drills.weekly, from);
    expect(found).toMatchObject({ result: 'failed' });
    expect(found.findings.join(' ')).toContain('database');
    await allFire(from, ['MusterRestoreValidationFailed', 'MusterDrillOverdue']);
    expect(noticesSince(from).filter((text) => text.includes(point))).not.toEqual([]);
    // What docs/alerts.md says of a drill that is overdue.
    const asked = Date.now();
    expect(await alarmed.muster(['schedules', 'run', 'spacetime', `drill-${drills.weekly}`])).toMatchObject({
      code: 0,
    });
    const again = await heldAfter(drills.weekly, asked);
    expect(again).toMatchObject({ result: 'passed' });
    damaged = { from, found: found.ended, heldBefore: before?.ended ?? Number.NaN, heldAgain: again.ended };
  });

  test('in the third a store is full: no copy can be made there, until there is room again', async () => {
    const second = weekOf(start, 3) + month.backup * 1_000;
    await clockAt(second);
    const newest = await newestPointOver(second);
    const from = Date.now();
    await store.fill();
    await allFire(from, ['MusterBackupFailedAgain', 'MusterReplicationBehind', 'MusterRpoExceededTwice']);
    expect(noticesSince(from).filter((text) => text.includes('has no room left'))).not.toEqual([]);
    const mended = Date.now();
    await store.free();
    full = { from, newest, mended };
  });

  test('in the fourth every worker is dead: Prometheus alone notices, and backups go on when they are back', async () => {
    const second = weekOf(start, 4) + month.backup * 1_000;
    await clockAt(second);
    expect(await heldAfter(drills.weekly, weekOf(start, 4))).toMatchObject({ result: 'passed' });
    const newest = await newestPointOver(second);
    const from = Date.now();
    await Promise.all(workers.map((name) => alarmed.lab.process(name, 'kill')));
    await allFire(from, ['MusterNoWorker', 'MusterNothingKnown', 'MusterServiceUnwatched', 'MusterRpoExceededTwice']);
    await Promise.all(workers.map((name) => alarmed.lab.process(name, 'start')));
    const mended = Date.now();
    await newestPoint(mended);
    dead = { from, newest, mended };
  });

  describe('when it is over', () => {
    let facts: MonthFacts;
    let fired: Firing[];

    beforeAll(async () => {
      const { alerts, muster, prometheus } = alarmed;
      await alerts.quiet({ within: 60_000, except: ['MusterVerificationLow', 'MusterBackupSuccessLow'] });
      expect(await muster(['schedules', 'pause', 'spacetime'])).toMatchObject({ code: 0 });
      for (const procedure of ['backup', 'drill']) await over(procedure);
      fired = (await alerts.since(start)).filter(({ firedAt }) => firedAt >= start);
      facts = await monthFacts(alarmed, prometheus, start);
      console.log([`seen in ${facts.seen} ms, a backup in ${facts.backup} ms`, ...fired.map(told)].join('\n'));
    }, 180_000);

    test('every problem was alarmed in the time of its rule, was over in time, and nothing else fired', () => {
      const minutes = (count: number) => alarmed.hours(count / 60);
      const problems = [
        damagedPoint(damaged, facts, minutes),
        fullStore(full, facts, minutes),
        noWorkers(dead, facts, minutes, instances),
      ];
      expect(judgeAlarms(problems, fired)).toEqual([]);
    });

    test('its report tells what was held, what failed and why, what was missed, and what is open', async () => {
      const { findings, objectives, counts } = facts.report;
      const of = (what: string) => findings.filter((each) => each.what === what);
      const count = (group: string) => counts.find((each) => each.group === group);
      const { runs = 0, done = 0 } = count('drill') ?? {};
      // Weekly and monthly ones, and the one that was held again.
      expect(done).toBeGreaterThanOrEqual(month.weeks + 1);
      expect(runs - done).toBe(1);
      expect(of('Drill failed')).toMatchObject([
        { text: expect.stringContaining('database'), closedBy: expect.any(String) },
      ]);
      expect(of('Quarantined')).toHaveLength(1);
      expect(of('Not done').length).toBeGreaterThanOrEqual(3);
      expect(of('Failed').filter(({ text }) => text.includes('has no room left')).length).toBeGreaterThanOrEqual(3);
      // Twice: while the store was full, and while nobody was there.
      expect(of('Backups missed')).toMatchObject([
        { text: expect.stringMatching(/database.*from .* to .*; from .* to /) },
      ]);
      expect(of('Drill overdue')).toEqual([]);
      const verdicts = Object.fromEntries(objectives.map(({ name, verdict }) => [name, verdict]));
      expect(verdicts).toMatchObject({
        'backups succeed': 'missed',
        'a test restore brings everything back': 'missed',
      });
    });

    test('it can be looked at, on a desk, a phone and paper', async () => {
      const { stdout } = await alarmed.muster([
        'report',
        'spacetime',
        '--period',
        facts.report.period.name,
        '--format',
        'html',
      ]);
      expect(stdout).toContain('Backups missed');
      const seen = await pictures.shoot('simulated-month', stdout);
      expect(seen).toMatchObject({ overflow: { desktop: 0, phone: 0 }, requests: [], complaints: [] });
    });
  });
}, 1_500_000);
