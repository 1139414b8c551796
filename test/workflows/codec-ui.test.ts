/** The Temporal UI in Chromium where payloads are encrypted: it reads and sends them through `muster codec serve`. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataConverterOf } from '../../activities/temporal/data-converter.ts';
import { newKeyLine, openKeyRing } from '../../activities/temporal/key-ring.ts';
import { payloadCodec } from '../../activities/temporal/payload-codec.ts';
import { codecServer } from '../../scripts/codec/server.ts';
import { openTemporalUi, type TemporalUi } from '../lab/ui/temporal-ui.ts';
import { freePort, startTemporal, type TemporalServer } from '../support/temporal.ts';
import { act, hash, openRange, stage } from './support/range.ts';

const ring = openKeyRing({ MUSTER_CODEC_KEYS: newKeyLine('k1') });
const log: string[] = [];
let codec: Server;
let server: TemporalServer;
let ui: TemporalUi;
let range: Awaited<ReturnType<typeof openRange>>;

beforeAll(async () => {
  const [uiPort, codecPort] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${uiPort}`;
  codec = codecServer({ codec: payloadCodec(ring), origins: [base], hosts: ['127.0.0.1'] }, (line) => log.push(line));
  codec.listen(codecPort, '127.0.0.1');
  await once(codec, 'listening');
  server = await startTemporal({ ui: { port: uiPort, codec: `http://127.0.0.1:${codecPort}` } });
  range = await openRange({ address: server.address, dataConverter: dataConverterOf(ring) });
  ui = await openTemporalUi(base);
});
afterAll(async () => {
  await ui?.close();
  await range?.close();
  await server?.stop();
  codec?.closeAllConnections();
  codec?.close();
});

it('shows what a run says, and sends an approval that the server never sees in the clear', {
  timeout: 180_000,
}, async () => {
  const run = await range.start({ items: [stage('one', [act('step')])] }, { by: 'asker', reason: 'Wombat' });
  await run.until(({ phase }) => phase === 'awaiting-approval');

  const text = await ui.details(run.handle.workflowId, 'asked for by asker: Wombat');
  expect(text).toContain('FAILOVER east -> west');
  await ui.send('Update', 'approve', { by: 'Yakitori', decision: 'go', playbook: hash, accept: [] }, 'codec-approval');
  expect(await run.result()).toMatchObject({ phase: 'done' });
  expect((await run.status()).approvals).toMatchObject([{ by: 'Yakitori', accepted: true }]);

  const { events = [] } = await run.handle.fetchHistory();
  const sent =
    events?.flatMap(
      ({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
        update?.acceptedRequest?.input?.args?.payloads ?? [],
    ) ?? [];
  expect(sent).toHaveLength(1);
  expect(Buffer.from(sent[0]?.metadata?.encoding ?? []).toString()).toBe('binary/encrypted');
  expect(Buffer.from(sent[0]?.data ?? []).includes('Yakitori')).toBe(false);
  expect(log).toContain('POST /encode 200');
  expect(log).toContain('POST /decode 200');
});
