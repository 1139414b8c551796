/** What metrics learn from a Temporal server: schedules that are paused or missing, who works for a site, and that it does not answer. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { seeTemporal } from '../../activities/metrics/see-temporal.ts';
import { applySchedules, compareSchedules } from '../../activities/schedules/apply.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { scheduleId, wantedSchedules } from '../../domain/schedules/wanted-schedules.ts';
import { installRuntime } from '../../workers/metrics.ts';
import { spacetimePlan } from '../support/plan.ts';
import { freePort } from '../support/temporal.ts';

let connection: Connection;
let native: NativeConnection;
let client: Client;
let plan: Plan;
let sdkPort: number;
beforeAll(async () => {
  sdkPort = await freePort();
  installRuntime({ MUSTER_SDK_METRICS: `127.0.0.1:${sdkPort}` });
  const address = inject('temporal');
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  client = new Client({ connection });
  plan = { ...(await spacetimePlan()), service: `metrics-${process.pid}` };
});
afterAll(async () => {
  await connection?.close();
  await native?.close();
  await Runtime.instance().shutdown();
});

it('sees which schedules are in place and which are paused', async () => {
  const wanted = wantedSchedules(plan).filter(({ due }) => due.name !== 'weekly');
  await applySchedules(client, plan.service, wanted, await compareSchedules(client, plan.service, wanted));
  await client.schedule.getHandle(scheduleId(plan.service, 'hourly')).pause('by a test');
  const schedules = (await seeTemporal(client, plan))?.schedules ?? {};
  expect(schedules.hourly).toEqual({ paused: true, since: expect.any(Number) });
  expect(Math.abs((schedules.hourly?.since ?? 0) - Date.now())).toBeLessThan(600_000);
  expect(schedules.daily?.paused).toBe(false);
  expect(schedules.weekly).toBeUndefined();
  for (const { id } of wanted) await client.schedule.getHandle(id).delete();
});

it('counts who asks for the work of a site, and the SDK says of itself what it does', async () => {
  const region = `metrics-${process.pid}`;
  const [name = '', site] = Object.entries(plan.sites)[0] ?? [];
  const seen = async () =>
    (
      await seeTemporal(client, {
        ...plan,
        schedules: [],
        sites: { [name]: { ...site, region } as Plan['sites'][string] },
      })
    )?.pollers;
  expect(await seen()).toEqual({ [`muster-${region}`]: 0 });
  const worker = await Worker.create({
    connection: native,
    taskQueue: `muster-${region}`,
    activities: { nothing: async () => {} },
  });
  await worker.runUntil(async () => {
    await vi.waitFor(async () => expect(await seen()).toEqual({ [`muster-${region}`]: 1 }), { timeout: 30_000 });
    await vi.waitFor(
      async () => expect(await (await fetch(`http://127.0.0.1:${sdkPort}/metrics`)).text()).toMatch(/^temporal_\w+\{/m),
      { timeout: 30_000 },
    );
  });
});

it('knows nothing of a server that does not answer', async () => {
  const port = await freePort();
  const nowhere = Connection.lazy({ address: `127.0.0.1:${port}` });
  expect(await seeTemporal(new Client({ connection: nowhere }), plan)).toBeUndefined();
  await nowhere.close();
});
