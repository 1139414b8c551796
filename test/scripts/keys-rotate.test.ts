/** `muster keys rotate` on a real Temporal server: a run of its own lock, without approval, beside backups. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
});
afterAll(() => range.close());

test('it is started, watched to its end, and asks nobody', async () => {
  const service = await range.service({ items: [stage('Seal the keys anew', [act('reseal-keys')])] });
  const { code, out } = await range.muster(`keys rotate ${service} --reason quarterly --by kim`);
  expect(code, out).toBe(0);
  expect(out).toContain('ROTATE KEYS');
  expect(out).toContain('reseal-keys done');
});

test('what was asked for stands in the input of the run, on a lock of its own', async () => {
  const service = await range.service({ items: [stage('Seal the keys anew', [act('reseal-keys')])] });
  const { code, json } = await range.muster(`keys rotate ${service} --drop-old --from us-west-2 --no-watch --json`);
  expect(code).toBe(0);
  expect(json()).toMatchObject({
    workflowId: `${service}/keys`,
    input: { procedure: 'rotate-keys', from: 'us-west-2', rotate: { dropOld: true } },
  });
});
