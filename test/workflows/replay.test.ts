import { readdirSync, readFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

const folder = new URL('../histories/', import.meta.url);
const histories = readdirSync(folder).filter((name) => name.endsWith('.json'));

Runtime.install({ logger: new DefaultLogger('ERROR') });

describe('the recorded histories', () => {
  it('replay on this build without a difference', async () => {
    expect(histories.length).toBeGreaterThan(0);
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: new URL('../../workflows/index.ts', import.meta.url).pathname,
    });
    const recorded = histories.map((name) => ({
      workflowId: name,
      history: JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
    }));
    for await (const result of Worker.runReplayHistories({ workflowBundle }, recorded)) {
      expect(result.error, result.workflowId).toBeUndefined();
    }
  });
});
