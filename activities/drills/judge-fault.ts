/**
 * Step `judgeFault`: the end of a drill into which a fault was put on purpose. A verification that calls a damaged copy good is worth
 * nothing, and this is where that comes out. Of the recovery point itself nothing is said: no mark is put.
 */
import { z } from 'zod';
import { drillFaults } from '../../domain/drills/request.ts';
import { refusal } from '../../domain/errors.ts';
import { outputsLike } from '../points/prepared.ts';
import { type Tested, testedSchema } from '../points/verify/test-restore.ts';
import { defineStep } from '../step.ts';

const input = z.object({ fault: z.enum(drillFaults) });

export const judgeFault = defineStep({
  kind: 'judgeFault',
  version: 1,
  changes: false,
  input,
  title: ({ fault }) =>
    fault === 'worker-lost' ? 'See that another worker went on' : `See that the ${fault} was noticed`,
  shell: ({ fault }) => [`# compare what the restores said with what was done to them: ${fault}`],
  limits: { startToClose: 30_000 },
  /** Refusals `FaultNotNoticed`, `FaultNotBorne`, and `StepOrder` where nothing was tested. */
  async run({ fault }, context): Promise<{ outcome: string; summary: string }> {
    const tested = outputsLike(testedSchema, context.outputs).filter(({ verdict }) => verdict !== 'cannot');
    if (tested.length === 0)
      throw refusal('StepOrder', 'Nothing was tried; its step was skipped.', 'hold the drill again.');
    return fault === 'worker-lost' ? borne(tested) : noticed(fault, tested);
  },
});

function noticed(fault: string, tested: readonly Tested[]) {
  const missed = tested.filter(({ verdict }) => verdict === 'good').map(({ component }) => component);
  if (missed.length > 0) {
    throw refusal(
      'FaultNotNoticed',
      `${missed.join(', ')} had a ${fault} on purpose, and the verification calls it good: what it says of recovery points is worth nothing.`,
      'mend the verification (checks of the component, expected files) before any proof is believed.',
    );
  }
  const said = tested.map(({ component, why }) => `${component}: ${why}`).join(' ');
  return { outcome: 'noticed', summary: `The ${fault} was noticed in ${tested.length} of ${tested.length}: ${said}` };
}

function borne(tested: readonly Tested[]) {
  const broken = tested.filter(({ verdict }) => verdict !== 'good');
  if (broken.length > 0) {
    throw refusal(
      'FaultNotBorne',
      `After its worker was lost, ${broken.map(({ component, why }) => `${component} came out wrong: ${why}`).join('; ')}.`,
      'muster verify --full, to see whether the point itself is bad.',
    );
  }
  const names = tested.map(({ component }) => component).join(', ');
  return {
    outcome: 'borne',
    summary: `The worker of ${names} was lost on purpose, and another attempt brought it to its end.`,
  };
}
