import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRange, type Range } from './fixtures/range.ts';

const rule = 'declare: { observers: ["http://one:8390", "http://two:8390"], after: 30s }';
let range: Range;
let service: string;
let silent: string;

beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
  service = await range.service({ items: [] }, (plan) => `${plan}\n${rule}\n`);
  silent = await range.service({ items: [] });
});
afterAll(() => range.close());

test('a watch is begun once, shown, held, gone on with and ended', async () => {
  const begun = await range.muster(`declaring start ${service}`);
  expect(begun).toMatchObject({ code: 0, err: '' });
  expect(begun.out).toBe('It watches: 2 of 2 observers for 30s declare a failover, which asks for its go.\n');
  expect((await range.muster(`declaring start ${service}`)).out).toMatch(/^It watches already/);

  expect((await range.until(`declaring show ${service}`, 0)).out).toBe('watching\n');
  await range.muster(`declaring hold ${service} --reason new-switch --by dana`);
  await range.until(`declaring show ${service}`, 0, ({ out }) => out === 'held by dana: new-switch\n');
  const shown = (await range.muster(`declaring show ${service} --json`)).json() as { held: object };
  expect(shown.held).toMatchObject({ by: 'dana', reason: 'new-switch' });
  await range.muster(`declaring resume ${service}`);
  await range.until(`declaring show ${service} --json`, 0, ({ out }) => !out.includes('"held"'));

  expect(await range.muster(`declaring end ${service}`)).toMatchObject({ code: 0 });
  await range.until(`declaring hold ${service}`, 2, ({ err }) => err.includes(`Nothing watches ${service}.`));
});

test('where the plan lets nobody declare there is nothing to watch, and what is not watched is not held', async () => {
  expect(await range.muster(`declaring start ${silent}`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('lets nobody declare'),
  });
  for (const verb of ['show', 'hold', 'resume', 'end']) {
    const answer = await range.muster(`declaring ${verb} ${silent}`);
    expect(answer, verb).toMatchObject({ code: 2, err: expect.stringContaining('muster declaring start') });
  }
});

test('a namespace that is not there is named, not the workers', async () => {
  expect(await range.muster(`declaring show ${service} --namespace elsewhere`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no namespace elsewhere'),
  });
});

test('where no worker answers, it is said that none does', async () => {
  await range.muster(`declaring start ${service}`);
  await range.stopWorkers();
  expect(await range.muster(`declaring show ${service}`)).toMatchObject({
    code: 3,
    err: expect.stringMatching(/No worker answered for .+ within 3 s\. Try: start a worker/),
  });
  expect(await range.muster(`declaring end ${service}`)).toMatchObject({ code: 0 });
});
