/** A rejoin: waits for a go under the recovery's lock, and its end says what follows what, or what does not. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlaybookItem } from '../../domain/playbook/playbook.ts';
import { portable } from '../../lab/histories/portable.ts';
import { act, openRange, stage } from './support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const noReturn: PlaybookItem = { type: 'pointOfNoReturn', title: 'west gives way to what east has' };
const component = { name: 'database' };
const reattach = { kind: 'reattachReplica' };
const phaseIs = (phase: string) => (status: { phase: string }) => status.phase === phase;

async function gone(items: PlaybookItem[]) {
  const run = await range.start({ items }, { procedure: 'rejoin' }, 'rejoin');
  await run.until(phaseIs('awaiting-approval'));
  await run.go();
  return run;
}

it('begins with a go, and says at the end that the database streams', async () => {
  const output = { outcome: 'streams from east: it was taken back to where the two parted', component: 'database' };
  const run = await gone([
    stage('Wake west', [act('r-start', {}, { undoable: true })]),
    noReturn,
    stage('Make the databases at west standbys', [act('r-reattach', { output, component }, reattach)]),
  ]);
  expect(await run.result()).toMatchObject({
    phase: 'done',
    summary: 'database: redundant, streams from east: it was taken back to where the two parted.',
  });
  expect(range.calls.filter((call) => call.startsWith('r-'))).toEqual(['r-start#1', 'r-reattach#1']);
  // Kept for the replay tests.
  if (process.env.RECORD_HISTORIES)
    await writeFile(new URL('../histories/rejoin.json', import.meta.url), portable(await run.handle.fetchHistory()));
});

it('is refused its step, asks a person, and does not call a database redundant that was skipped', async () => {
  const run = await gone([noReturn, stage('Make standbys', [act('s-reattach', { fail: 9, component }, reattach)])]);
  await run.until(({ needs }) => needs.length > 0);
  await run.update('skip', { by: 'ops', step: 's-reattach', reason: 'tomorrow' });
  expect(await run.result()).toMatchObject({
    phase: 'done',
    summary: expect.stringMatching(/^database: not redundant, s-reattach was not done; muster rejoin /),
  });
});

it('an abort behind the point of no return says that the site may be half-way, and puts nothing back', async () => {
  const run = await gone([
    stage('Wake west', [act('t-start', {}, { undoable: true })]),
    noReturn,
    stage('Make standbys', [act('t-reattach', { wait: true }, reattach)]),
  ]);
  await run.until(() => range.calls.includes('t-reattach#1'));
  await run.update('abort', { by: 'ops', reason: 'an outage' });
  expect(await run.result()).toMatchObject({
    phase: 'aborted',
    summary: expect.stringContaining('west may be half-way to a standby, and nothing was put back'),
  });
  expect(range.calls.some((call) => call.startsWith('undo t-'))).toBe(false);
});
