/** The alerts of the installed rules, fired by what they are for, in a lab; and none while all is well. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scheduleId } from '../../../domain/schedules/wanted-schedules.ts';
import { checkout } from '../../../lab/paths.ts';
import { until } from '../../../lab/shell.ts';
import { around } from './around.ts';
import { backups, backupsToday } from './backups.ts';
import { itself } from './itself.ts';
import { logs } from './logs.ts';
import { places } from './places.ts';
import { proof } from './proof.ts';
import { type Alarmed, openAlarmed, slack } from './support/alarmed.ts';
import { short } from './support/short-plan.ts';

let alarmed: Alarmed;
beforeAll(async () => {
  alarmed = await openAlarmed((overlay, vault) => {
    overlay.storage.vault = vault;
  });
});
afterAll(() => alarmed?.close());

describe('a service that was just put under Muster', () => {
  test('has no schedule and no backup until its plan is applied, and then nothing fires any more', async () => {
    const { alerts, hours, apply } = alarmed;
    const from = Date.now();
    const within = hours(1) + slack;
    for (const schedule of ['often', 'looks', 'drill-rehearsal'])
      await alerts.fired('MusterScheduleNotInPlace', { from, within, labels: { schedule } });
    await alerts.fired('MusterBackupNone', { from, within, labels: { component: 'database' } });
    await alerts.fired('MusterNothingKnown', { from, within });
    await alerts.fired('MusterReplicationLost', { from, within, labels: { location: 'company-backups-dr' } });
    await apply();
    await alerts.quiet({ within: 2 * short.backup * 1_000 + slack });
    await alerts.quietFor(short.backup * 1_000);
  });
});

/** Paused by hand while something was mended, and then nobody thought of it: that goes on while the other tests run. */
const forgotten = ['looks', 'drill-rehearsal'] as const;
const meanwhile = ['MusterScheduleMissed', 'MusterDrillOverdue', 'MusterSchedulePaused'];
const handles = () => forgotten.map((name) => alarmed.client.schedule.getHandle(scheduleId('spacetime', name)));
let pausedAt: number;

describe('schedules that are paused and forgotten', () => {
  test('are not told of at once', async () => {
    pausedAt = Date.now();
    await Promise.all(handles().map((handle) => handle.pause('only for a moment')));
  });
});

/** Backups are made, and nothing else fires than what is meant to. */
async function well(): Promise<void> {
  await alarmed.apply();
  await alarmed.prometheus.untilAny(
    'a backup',
    'muster:backup_last_success_timestamp_seconds',
    2 * short.backup * 1_000,
  );
  await alarmed.alerts.quiet({ within: 3 * short.backup * 1_000, except: [...backupsToday, ...meanwhile] });
}

describe('backups', () => {
  beforeAll(well);
  backups(() => alarmed, meanwhile);
});

describe('proof', () => {
  beforeAll(well);
  proof(() => alarmed, meanwhile);
});
describe('places', () => {
  beforeAll(well);
  places(() => alarmed, meanwhile);
});
describe('Muster itself', () => {
  beforeAll(well);
  itself(() => alarmed, meanwhile);
});
describe('what stands around a service', () => {
  beforeAll(well);
  around(() => alarmed, meanwhile);
});
// Last, since its service goes away with it, which is told of.
describe('archived logs', () => logs(() => alarmed));

describe('schedules that were paused and forgotten', () => {
  test('are told of when nothing came of them, when a drill is overdue, and when they still are half a day later', async () => {
    const { alerts, hours } = alarmed;
    const since = (seconds: number) => ({ from: pausedAt, within: seconds * 1_000 + slack });
    await alerts.fired('MusterScheduleMissed', { ...since(2 * short.looks), labels: { schedule: 'looks' } });
    await alerts.fired('MusterDrillOverdue', { ...since(1.1 * short.drill), labels: { schedule: 'drill-rehearsal' } });
    for (const schedule of forgotten)
      await alerts.fired('MusterSchedulePaused', { ...since(hours(12) / 1_000), labels: { schedule } });
    await Promise.all(
      handles().map(async (handle) => {
        await handle.unpause();
        // Of two patches that come at the same moment, a Schedule of the server takes the last one.
        await until('it goes on', async () => !(await handle.describe()).state.paused, { timeoutMs: 10_000 });
        await handle.trigger();
      }),
    );
    for (const alert of meanwhile)
      await alerts.resolved(alert, { from: pausedAt, within: 3 * slack, labels: { service: 'spacetime' } });
  });
});

test('every alert that is installed was fired here by its cause', () => {
  const rules = readFileSync(join(checkout, 'deploy/prometheus/muster-alerts.yml'), 'utf8');
  const installed = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name as string);
  expect(installed.length).toBeGreaterThan(30);
  expect(installed.filter((name) => !alarmed.alerts.seen.has(name))).toEqual([]);
});
