/**
 * Bundles the workflows once, so that each worker starts in a second: `node workers/bundle.ts FILE`. Where there are codec keys, the
 * bundle puts the words of errors into payloads too; a worker with keys refuses one that does not.
 */
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { dataConverterOf } from '../activities/temporal/data-converter.ts';
import { openKeyRing } from '../activities/temporal/key-ring.ts';
import { workflowInterceptorModules, workflowsPath } from './workflow-code.ts';

const target = process.argv[2];
if (!target) throw new Error('usage: node workers/bundle.ts FILE');
const { code } = await bundleWorkflowCode({
  workflowsPath,
  workflowInterceptorModules,
  failureConverterPath: dataConverterOf(openKeyRing(process.env)).failureConverterPath,
});
await writeFile(target, code);
