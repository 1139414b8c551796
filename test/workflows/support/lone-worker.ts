/** A process that runs workflows and nothing else, so that a test can kill it: `node lone-worker.ts ADDRESS BUNDLE`. Says when it is ready. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { workflowQueue } from '../../../domain/run/protocol.ts';

const [address, bundle] = process.argv.slice(2) as [string, string];
Runtime.install({ logger: new DefaultLogger('ERROR') });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue: workflowQueue,
  workflowBundle: { codePath: bundle },
  stickyQueueScheduleToStartTimeout: '20s',
});
console.log('ready');
await worker.run();
