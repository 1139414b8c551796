/** Muster's own workflows on a server that keeps its database in a file: what of a run stands in it, with and without keys. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkBundle, dataConverterOf, failuresPath } from '../../activities/temporal/data-converter.ts';
import { newKeyLine, openKeyRing } from '../../activities/temporal/key-ring.ts';
import { startTemporal, type TemporalServer } from '../support/temporal.ts';
import { act, openRange, stage } from './support/range.ts';

const workflowsPath = new URL('../../workflows/index.ts', import.meta.url).pathname;
const [oldKey, newKey] = [newKeyLine('old'), newKeyLine('new')];
const converterWith = (...lines: string[]): DataConverter =>
  dataConverterOf(openKeyRing({ MUSTER_CODEC_KEYS: lines.join('\n') }));

/** Words that stand somewhere in a run, by where. */
const words = {
  input: 'Wombat',
  title: 'Xylophone',
  output: 'Quagga',
  failure: 'Zeppelin',
  decision: 'Yakitori',
  memo: 'Kookaburra',
};
const script = {
  items: [
    stage(
      'All of it',
      [act('good', { output: { said: words.output } }, { title: `Act ${words.title}` })],
      [act('bad', { fail: 1, blame: words.failure })],
    ),
  ],
};

let folder: string;
let server: TemporalServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-encrypted-'));
  server = await startTemporal({ file: join(folder, 'temporal.db') });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A whole run: a failed step, a retry with a reason, a result. Gives back its history. */
async function runWith(dataConverter: DataConverter | undefined) {
  const range = await openRange({ address: server.address, dataConverter: dataConverter ?? {} });
  try {
    const run = await range.start(script, { by: words.memo, reason: words.input });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    await run.go();
    await run.until(({ stages }) => stages.some(({ ranks }) => ranks.flat().some(({ state }) => state === 'failed')));
    await run.update('retry', { by: 'dana', step: 'bad', reason: words.decision });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    return { id: run.handle.workflowId, history: await run.handle.fetchHistory() };
  } finally {
    await range.close();
  }
}

/** What a person's command is told who has other keys. */
async function askedWith(dataConverter: DataConverter, id: string): Promise<unknown> {
  const connection = await Connection.connect({ address: server.address });
  const { workflow } = new Client({ connection, dataConverter });
  const answer = await workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => error);
  await connection.close();
  return answer;
}

/** Which of the words stand in the clear in the files of the database. */
async function found(except: (words: string) => boolean = () => false): Promise<string[]> {
  const files = await readdir(folder);
  const bytes = await Promise.all(files.map((file) => readFile(join(folder, file))));
  return Object.values(words).filter((each) => !except(each) && bytes.some((text) => text.includes(each)));
}

it('with keys, nothing of a run stands in the database or the history, and it replays with the keys alone', async () => {
  const dataConverter = converterWith(oldKey);
  const { history, id } = await runWith(dataConverter);
  const text = historyToJSON(history);
  expect(await found()).toEqual([]);
  const decoded = [...text.matchAll(/"data": ?"([^"]*)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64').toString(),
  );
  for (const each of Object.values(words)) expect([text, ...decoded].join('\n')).not.toContain(each);
  expect(text).toContain('MusterService'); // search attributes stay readable

  const replay = (converter: DataConverter) =>
    Worker.runReplayHistory({ workflowsPath, dataConverter: converter }, JSON.parse(text), id);
  await replay(dataConverter);
  await replay(converterWith(newKey, oldKey));
  await expect(replay(converterWith(newKey))).rejects.toThrow(/workflow task failure/);
  expect(await askedWith(converterWith(newKey), id)).toMatchObject({
    type: 'CodecKeyMissing',
    message: expect.stringContaining('encrypted with the key old, and there are only new'),
  });
});

it('without keys all of it does, so that the test above would notice', async () => {
  await runWith(undefined);
  expect(await found()).toEqual(Object.values(words));
});

it('a worker with keys refuses a bundle that writes the words of errors in the clear', async () => {
  const [plain, sealing] = [join(folder, 'plain.js'), join(folder, 'sealing.js')];
  const logger = new DefaultLogger('ERROR');
  await writeFile(plain, (await bundleWorkflowCode({ workflowsPath, logger })).code);
  await writeFile(
    sealing,
    (await bundleWorkflowCode({ workflowsPath, logger, failureConverterPath: failuresPath })).code,
  );
  await expect(checkBundle(plain, converterWith(oldKey))).rejects.toMatchObject({ type: 'BundleNotEncrypting' });
  await checkBundle(sealing, converterWith(oldKey));
  await checkBundle(plain, dataConverterOf(openKeyRing({})));
});
