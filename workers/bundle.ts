/** Bundles the workflows once, so that each worker starts in a second: `node workers/bundle.ts FILE`. */
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';

const target = process.argv[2];
if (!target) throw new Error('usage: node workers/bundle.ts FILE');
const { code } = await bundleWorkflowCode({
  workflowsPath: new URL('../workflows/index.ts', import.meta.url).pathname,
});
await writeFile(target, code);
