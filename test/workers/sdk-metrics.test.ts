import { Runtime } from '@temporalio/worker';
import { afterAll, expect, test } from 'vitest';
import { installRuntime } from '../../workers/metrics.ts';
import { freePort } from '../support/temporal.ts';

afterAll(() => Runtime.instance().shutdown());

test('the metrics of the Temporal SDK are served at the address of MUSTER_SDK_METRICS', async () => {
  const port = await freePort();
  installRuntime({ MUSTER_SDK_METRICS: `127.0.0.1:${port}` });
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.status).toBe(200);
  expect(() => installRuntime({ MUSTER_SDK_METRICS: 'everywhere' })).toThrow('MUSTER_SDK_METRICS');
});
