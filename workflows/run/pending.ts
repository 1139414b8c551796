/** Status of what has not begun yet. */
import type { PlaybookItem, Step } from '../../domain/playbook/playbook.ts';
import type { StageStatus, StepStatus } from '../../domain/run/run.ts';

export function pendingItem(item: PlaybookItem): StageStatus {
  const ranks = item.type === 'stage' ? item.ranks : item.type === 'watch' ? [[item.step]] : [];
  return {
    type: item.type,
    title: item.title,
    state: 'pending',
    ranks: ranks.map((rank) => rank.map(pendingStep)),
    ...(item.type === 'stage' && item.alongside ? { alongside: true } : {}),
  };
}

function pendingStep(step: Step): StepStatus {
  return {
    id: step.id,
    kind: step.kind,
    title: step.title,
    state: 'pending',
    generation: 1,
    required: step.required,
    expected: step.expected,
    ...asksOf(step),
  };
}

function asksOf({ kind, input }: Step): Pick<StepStatus, 'asks'> {
  return kind === 'manual' && (input.ask === 'yes-no' || input.ask === 'text') ? { asks: input.ask } : {};
}
