/** Waits for a standby's answer to the question whether it may be promoted: `wait` is asked again, `ok` and `refuse` end it. */
import { type DemotionToken, type Judgement, judgePromotion } from '../../../domain/databases/replica.ts';
import type { StepContext } from '../../context.ts';
import { waitFor } from '../../waiting.ts';
import { askOrSilent, type replicaInput } from './replica-input.ts';

type Input = typeof replicaInput._output;

/** The last answer within the component's own time; undefined where that was over before the first. */
export async function awaitJudgement(
  token: DemotionToken | undefined,
  { component, host }: Pick<Input, 'component' | 'host'>,
  context: StepContext,
): Promise<Judgement | undefined> {
  let last: Judgement | undefined;
  await waitFor(
    {
      within: component.standby.within,
      every: 100,
      atMost: 1_000,
      signal: context.signal,
      onLook: () => context.heartbeat({ text: last?.why ?? `asking ${host.site} how far it is` }),
    },
    async () => {
      last = judgePromotion(token, await askOrSilent(host, component, context));
      return last.answer === 'wait' ? undefined : last;
    },
  );
  return last;
}
