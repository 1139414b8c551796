/** A sync that a schedule began: needs nobody's go, and its end says what stands at the standby. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { portable } from '../../lab/histories/portable.ts';
import { act, openRange, runOf, stage } from './support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const waked = { outcome: 'started', instance: 'i-1' };
const synced = { outcome: 'restored ahead', summary: 'application of 20260102_020000 stands on app at west.' };

it('begins without a go, gives each step what it needs, and says what stands there', async () => {
  const rest = { ...act('rest-app', { output: { outcome: 'stopped' } }), needs: ['wake-app'] };
  const items = [
    stage('Wake the standby', [act('wake-app', { output: waked })]),
    stage('Restore ahead', [act('sync-application', { output: synced })]),
    stage('Let the woken hosts rest', [rest]),
  ];
  const service = range.service({ items, policy: { required: false } });
  const handle = await range.client.workflow.start('sync', {
    taskQueue: 'muster',
    workflowId: `${service}/sync`,
    args: [{ procedure: 'sync', service, by: 'schedule sync' }],
  });
  const run = runOf(handle);
  expect(await run.result()).toMatchObject({ phase: 'done', summary: synced.summary });
  expect(range.calls.filter((call) => /^(wake|sync|rest)-/.test(call))).toEqual([
    'wake-app#1',
    'sync-application#1',
    'rest-app#1',
  ]);
  // Kept for the replay tests.
  if (process.env.RECORD_HISTORIES)
    await writeFile(new URL('../histories/sync.json', import.meta.url), portable(await handle.fetchHistory()));
});
