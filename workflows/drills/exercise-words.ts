/** What people say to an exercise, each as a Signal, which waits for a worker: `prepared`, `home`, `end`. And what it answers: `status`. */
import { defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import { type ExerciseStatus, exerciseWordSchema } from '../../domain/drills/exercise.ts';

const statusQuery = defineQuery<ExerciseStatus>('status');
const preparedSignal = defineSignal<[unknown]>('prepared');
const homeSignal = defineSignal<[unknown]>('home');
const endSignal = defineSignal<[unknown]>('end');

export interface Words {
  prepared: boolean;
  /** Go home now: the abort of an exercise. */
  home: boolean;
  /** Nothing more is begun; only before the move out, or where it is away and stays so. */
  ended: boolean;
  /** What a cancel means now: end it where it has not begun, go home where it is away. */
  cancel(): void;
}

/** Each decision is noted in the status, also one that changes nothing at that moment. */
export function receiveWords(status: ExerciseStatus): Words {
  const words: Words = {
    ...{ prepared: false, home: false, ended: false },
    cancel() {
      status.decisions.push({ at: new Date().toISOString(), by: 'Temporal', text: 'cancelled' });
      words.ended = status.stage === 'waiting' || status.stage === 'preparing';
      words.home = status.stage === 'holding';
    },
  };
  const example = '{"by": "...", "reason": "..."}';
  const take = (text: string, act: () => void) => (raw: unknown) => {
    const parsed = exerciseWordSchema.safeParse(raw);
    // Who does not say who they are is not heard: a malformed Signal cannot be refused.
    if (!parsed.success) return;
    const { by, reason } = parsed.data;
    status.decisions.push({ at: new Date().toISOString(), by, text: `${text}${reason && `: ${reason}`}` });
    act();
  };
  setHandler(statusQuery, () => status, { description: 'Where the exercise stands, and what it needs.' });
  setHandler(
    preparedSignal,
    take('prepared', () => {
      words.prepared = true;
    }),
    { description: `The TTL is lowered: ${example}` },
  );
  setHandler(
    homeSignal,
    take('go home', () => {
      words.home = status.stage === 'holding' || status.stage === 'away';
    }),
    { description: `Go home now, or try it again: ${example}` },
  );
  setHandler(
    endSignal,
    take('end', () => {
      words.ended = ['waiting', 'preparing', 'away'].includes(status.stage);
    }),
    { description: `Begin nothing more: ${example}` },
  );
  return words;
}
