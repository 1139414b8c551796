/** What a step finds may ask for more than its own run: people are told at once, and another run is started. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunInput } from '../../../domain/run/run.ts';
import { act, openRange, runOf, stage } from '../support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;

beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const follow = { procedure: 'backup', label: 'after-incident', reason: 'a part is lost', backup: { kind: 'full' } };
const output = { outcome: '1 lost', summary: 'A part is lost.', alarm: 'look at once', follow };

async function verify(service: string) {
  const handle = await range.client.workflow.start('verify', {
    taskQueue: 'muster',
    workflowId: `${service}/verify`,
    args: [{ procedure: 'verify', service, by: 'asker' }],
  });
  return runOf(handle);
}

const backupOf = (service: string) => range.client.workflow.getHandle(`${service}/backup`);

it('tells people at once, and starts the backup that a failed look asks for when it has ended', async () => {
  const service = range.service({ items: [stage('one', [act('look', { output })])], policy: { required: false } });
  const run = await verify(service);
  expect(await run.result()).toMatchObject({ phase: 'done', summary: 'A part is lost.' });
  expect(range.calls).toContain(`notice alarm danger of ${service}`);
  await backupOf(service).result();
  const history = await backupOf(service).fetchHistory();
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  const [input] = (started?.input?.payloads ?? []).map(({ data }) => JSON.parse(Buffer.from(data ?? '').toString()));
  const { status: _, ...expected } = { ...follow, service, status: '' };
  expect(input as RunInput).toMatchObject(expected);
  expect((input as RunInput).by).toMatch(/^run verify-/);
  expect(await run.handle.query('outputs')).toEqual({ look: output });
});

it('says so where such a run goes on already, and ends all the same', async () => {
  const service = range.service({
    items: [stage('one', [act('slow', { wait: true, output })])],
    policy: { required: false },
  });
  const backup = await range.client.workflow.start('backup', {
    taskQueue: 'muster',
    workflowId: `${service}/backup`,
    args: [{ procedure: 'backup', service, by: 'asker' }],
  });
  await runOf(backup).until(({ phase }) => phase === 'executing');
  range.rescript(service, { items: [stage('one', [act('look-2', { output })])], policy: { required: false } });
  const run = await verify(service);
  await run.result();
  const { timeline } = await run.status();
  expect(timeline.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/backup was not started \(a run of its kind goes on already\).*a part is lost/),
  );
  range.release('slow');
  await backup.result();
});

it('starts nothing and alarms nobody for an output that asks for nothing', async () => {
  const service = range.service({ items: [stage('one', [act('look-3')])], policy: { required: false } });
  await (await verify(service)).result();
  await expect(backupOf(service).describe()).rejects.toThrow(/not found/i);
  expect(range.calls).not.toContain(`notice alarm danger of ${service}`);
});

it('a restore ends with what came back and where; it moves no name', async () => {
  const summary = 'configuration is back on app-1 as it was at 2026-01-02T03:15:00Z.';
  const script = { items: [stage('one', [act('back', { output: { summary } })])], policy: { required: false } };
  const run = await range.start(script, { procedure: 'restore' }, 'restore');
  expect(await run.result()).toMatchObject({ phase: 'done', summary });
});
