/** Which run of a service `status`, `watch` and `report` mean when nobody says. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
}, 120_000);
afterAll(() => range?.close());

const service = (step: string, input = {}) => range.service({ items: [stage('Work', [act(step, input)])] });
const procedureOf = async (words: string) => ((await range.muster(words)).json() as { procedure: string }).procedure;

test('a verification is found while it runs and when it has ended', async () => {
  const name = await service('look', { wait: true });
  expect(await range.muster(`verify ${name} --no-watch`)).toMatchObject({ code: 0 });
  expect(await procedureOf(`status ${name} --json`)).toBe('verify');
  range.release('look');
  const watched = await range.muster(`watch ${name}`);
  expect(watched).toMatchObject({ code: 0, out: expect.stringContaining('look done') });
  expect(await procedureOf(`report ${name} --format json`)).toBe('verify');
});

test('what ran last is shown, and what runs before that, and the most urgent of what runs', async () => {
  const name = await service('busy', { wait: true });
  await range.muster(`verify ${name} --no-watch`);
  await range.muster(`backup ${name}`);
  expect(await procedureOf(`status ${name} --json`)).toBe('backup');
  await range.muster(`failover ${name}`);
  expect(await procedureOf(`status ${name} --json`)).toBe('failover');
  expect(await procedureOf(`status ${name} --procedure verify --json`)).toBe('verify');
  expect(await procedureOf(`status ${name} --backup --json`)).toBe('backup');

  await range.until(`status ${name}`, 5);
  await range.muster(`reject ${name} --reason enough`);
  await range.until(`status ${name} --json`, 0, (answer) => answer.out.includes('"procedure": "backup"'));
  range.release('busy');
  expect(await range.muster(`watch ${name}`)).toMatchObject({ code: 0 });
  expect(await range.muster(`watch ${name} --procedure verify`)).toMatchObject({ code: 0 });
  // Begun last of the three, though it ended first.
  expect(await procedureOf(`status ${name} --json`)).toBe('failover');
});

test('the shipping of logs hides nothing, and is shown where there is nothing else', async () => {
  const name = await service('ship');
  await range.muster(`logs ${name} --watch`);
  expect(await procedureOf(`status ${name} --json`)).toBe('log-shipping');
  await range.muster(`verify ${name} --no-watch`);
  await range.muster(`watch ${name} --procedure verify`);
  await range.muster(`logs ${name} --watch`);
  expect(await procedureOf(`status ${name} --json`)).toBe('verify');
  expect(await procedureOf(`report ${name} --procedure log-shipping --format json`)).toBe('log-shipping');
});

test('there is no procedure by a wrong name', async () => {
  const name = await service('x');
  expect(await range.muster(`status ${name} --procedure verification`)).toMatchObject({ code: 2 });
});

test('what a run asks for is answered with the words that it says', async () => {
  const name = await service('look', { fail: 1 });
  await range.muster(`verify ${name} --no-watch`);
  const asked = await range.until(`status ${name}`, 5);
  expect(asked.out).toContain(`muster retry|skip ${name} look --procedure verify`);
  expect(await range.muster(`retry ${name} look --procedure verify`)).toMatchObject({ code: 0 });
  expect(await range.muster(`watch ${name}`)).toMatchObject({ code: 0 });
});
