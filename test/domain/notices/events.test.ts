/** How urgent each event is: that the table knows every event of the code, and says what the runbooks' tables say. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { levelOf, levels, matterOf, noticeEvents, outlastsRun } from '../../../domain/notices/events.ts';
import { noticeTestEvent } from '../../../domain/notices/test.ts';
import { type Procedure, procedures } from '../../../domain/playbook/procedures.ts';
import { endedPhases } from '../../../domain/run/run.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('every event that the code tells people of stands in the table, and no other', async () => {
  const told = new Set<string>([
    noticeTestEvent,
    ...endedPhases,
    ...['50', '80', '100'].map((percent) => `rto-${percent}`),
  ]);
  for (const folder of ['workflows', 'activities', 'playbooks', 'domain', 'scripts']) {
    const files = await readdir(`${root}/${folder}`, { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.ts') && name !== 'notice-events.ts')) {
      for (const event of eventsIn(await readFile(`${root}/${folder}/${file}`, 'utf8'))) told.add(event);
    }
  }
  expect([...told].sort()).toEqual(Object.keys(noticeEvents).sort());
});

/** `notify(run, 'gate', ...`, `tell(due, 'skipped', ...`, `output.event ?? 'alarm'`, `event: both ? 'x' : 'y'` */
function eventsIn(text: string): string[] {
  const calls = [...text.matchAll(/(?<![.\w])(?:notify|tell)\(\s*[\w.]+,\s*(?:[\w.]+ \?\? )?'([a-z0-9-]+)'/g)];
  const fields = [...text.matchAll(/\bevent: (?:[^?\n]{1,40} \? )?'([a-z0-9-]+)'(?: : '([a-z0-9-]+)')?/g)];
  return [...calls, ...fields].flatMap(([, ...events]) => events.filter((event) => event !== undefined));
}

test.each([
  // "Production disaster requiring immediate recovery", and what keeps one from succeeding.
  ['started', 'failover', 'P0'],
  ['approval-needed', 'full-recovery', 'P0'],
  ['step-failed', 'failover', 'P0'],
  ['failed', 'restore', 'P0'],
  ['rto-80', 'failover', 'P1'],
  ['rto-100', 'failover', 'P0'],
  ['outage-not-declared', undefined, 'P0'],
  // "Backup failure for > 2 cycles"
  ['catch-up', undefined, 'P0'],
  // "Single backup job failure", "Restore validation failure"
  ['failed', 'backup', 'P1'],
  ['step-failed', 'backup', 'P1'],
  ['failed', 'test-restore', 'P1'],
  ['alarm', 'verify', 'P1'],
  // "Backup duration exceeded"
  ['rto-100', 'backup', 'P2'],
  ['stuck', 'backup', 'P2'],
  // "Minor backup delay", "Routine maintenance notifications"
  ['skipped', undefined, 'P3'],
  ['started', 'switchover', 'P3'],
  ['done', 'backup', 'P3'],
] as const)('%s of a %s is %s', (event, procedure, level) => {
  expect(levelOf({ event, severity: 'info', procedure })).toBe(level);
});

test('an event has a level in every procedure, and the plan may say another', () => {
  for (const event of Object.keys(noticeEvents)) {
    for (const procedure of [undefined, ...procedures] as (Procedure | undefined)[]) {
      expect(levels).toContain(levelOf({ event, severity: 'info', procedure }));
      expect(levelOf({ event, severity: 'info', procedure }, { [event]: 'P2' })).toBe('P2');
    }
  }
});

test('an event of a step that is not in the table is as urgent as it is coloured, and asks for nobody', () => {
  expect(
    (['danger', 'warning', 'info'] as const).map((severity) => levelOf({ event: 'tape-ejected', severity })),
  ).toEqual(['P1', 'P2', 'P3']);
  expect(matterOf('tape-ejected')).toBeUndefined();
  expect(matterOf('constructor')).toBeUndefined();
});

test('events that are about the same are one matter; of two failed steps each is its own', () => {
  expect(
    ['approval-needed', 'approval-reminder', 'approval-escalated', 'approval-void'].map((event) => matterOf(event)),
  ).toEqual(Array(4).fill('approval'));
  expect(matterOf('step-failed', 'start-i-1')).not.toBe(matterOf('step-failed', 'start-i-2'));
  expect(matterOf('done')).toBeUndefined();
});

test('what a run waited for is over with it; how it failed is not', () => {
  expect(['approval-needed', 'step-failed', 'gate', 'rto-100'].filter(outlastsRun)).toEqual([]);
  expect(['failed', 'aborted', 'alarm', 'both-sites-write', 'done'].filter(outlastsRun)).toEqual([
    'failed',
    'aborted',
    'alarm',
    'both-sites-write',
  ]);
});
