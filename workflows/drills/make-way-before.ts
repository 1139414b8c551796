/** How runs made way that began before `one-way-to-make-way`, so that they replay. It goes when none of them is left. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { Run } from '../run/run.ts';
import { lookOnce, watching } from './watch-for-recovery.ts';

/** ms between looks of a drill in isolation. */
const every = 20_000;

export async function makingWayAsBefore(
  run: Run,
  begin: () => Promise<void>,
  work: () => Promise<void>,
): Promise<void> {
  switch (run.status.procedure) {
    case 'drill':
      return await watching(run, work);
    case 'isolated-drill':
      await lookOnce(run);
      run.assertGoing();
      await begin();
      void CancellationScope.nonCancellable(() => lookOn(run));
      return await work();
    default:
      return await work();
  }
}

async function lookOn(run: Run): Promise<void> {
  const summary = 'Whether a recovery begins';
  while (!(await condition(() => run.status.phase !== 'executing', every, { summary }))) await lookOnce(run);
}
