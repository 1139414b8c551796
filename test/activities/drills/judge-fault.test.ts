import { expect, it } from 'vitest';
import { judgeFault } from '../../../activities/drills/judge-fault.ts';
import type { Tested } from '../../../activities/points/verify/test-restore.ts';
import { stepContext } from '../../support/step-context.ts';

const tested = (component: string, verdict: Tested['verdict']): Tested => ({
  ...{ outcome: verdict, component, host: 'app', verdict, why: `it is ${verdict}.`, entries: 1, bytes: 1, alone: 0 },
});
const judge = async (fault: 'damaged-part' | 'worker-lost', ...all: Tested[]) => {
  const outputs = Object.fromEntries(all.map((each) => [each.component, each]));
  return await judgeFault.run({ fault }, await stepContext({ outputs }));
};

it('is content when every component that was damaged is called bad', async () => {
  expect(await judge('damaged-part', tested('tree', 'bad'), tested('database', 'bad'))).toEqual({
    outcome: 'noticed',
    summary: 'The damaged-part was noticed in 2 of 2: tree: it is bad. database: it is bad.',
  });
});

it('catches a verification that always passes, of one component too', async () => {
  await expect(judge('damaged-part', tested('tree', 'bad'), tested('database', 'good'))).rejects.toMatchObject({
    type: 'FaultNotNoticed',
    message: expect.stringContaining('database had a damaged-part on purpose'),
  });
});

it('wants what lost its worker to come out well all the same', async () => {
  expect(await judge('worker-lost', tested('tree', 'good'))).toMatchObject({ outcome: 'borne' });
  await expect(judge('worker-lost', tested('tree', 'bad'))).rejects.toMatchObject({ type: 'FaultNotBorne' });
});

it('says nothing where nothing could be tried', async () => {
  await expect(judge('damaged-part', tested('tree', 'cannot'))).rejects.toMatchObject({ type: 'StepOrder' });
});
