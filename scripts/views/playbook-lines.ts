/** A playbook as a list that people read before they say go. Pure. */
import { formatDuration } from '../../domain/duration.ts';
import { expectedDuration } from '../../domain/playbook/estimate.ts';
import type { Playbook, PlaybookItem, Step } from '../../domain/playbook/playbook.ts';
import { directionOf } from '../../domain/run/present.ts';

/** What a step would find now, by its id. */
type Found = (id: string) => string;

export function playbookLines(playbook: Playbook, found?: Found): string[] {
  const expected = expectedDuration(playbook);
  return [
    `${directionOf(playbook)}   ${playbook.service}${playbook.point ? `, recovery point ${playbook.point}` : ''}`,
    `Expected to take ${expected > 0 ? formatDuration(expected) : 'a time that nothing is known of'}`,
    ...playbook.items.flatMap((item, index) => itemLines(item, index + 1, found)),
  ];
}

function itemLines(item: PlaybookItem, number: number, found?: Found): string[] {
  switch (item.type) {
    case 'stage':
      return [
        `${number}. ${item.title}`,
        ...item.ranks.flatMap((rank, index) => rankLines(rank, index, item.ranks.length, found)),
      ];
    case 'gate':
      return [
        `${number}. GATE: ${item.title}`,
        `   every one of ${item.steps.join(', ')} must be ${item.outcome}, or ${item.risk} is accepted`,
      ];
    case 'pointOfNoReturn':
      return [`${number}. POINT OF NO RETURN: ${item.title}`];
    case 'watch':
      return [
        `${number}. ${item.title}: for ${formatDuration(item.for)}, every ${formatDuration(item.every)}`,
        ...stepLines(item.step, '   ', found),
      ];
  }
}

/** Ranks run one after another, the steps of a rank side by side. */
function rankLines(rank: readonly Step[], index: number, ranks: number, found?: Found): string[] {
  const head =
    ranks > 1
      ? `   rank ${index + 1}${rank.length > 1 ? ', side by side' : ''}`
      : rank.length > 1
        ? '   side by side'
        : '';
  return [...(head ? [head] : []), ...rank.flatMap((step) => stepLines(step, '     ', found))];
}

function stepLines(step: Step, indent: string, found?: Found): string[] {
  const notes = [
    step.expected > 0 ? formatDuration(step.expected) : '',
    step.undoable ? 'can be put back' : '',
    step.required ? '' : 'its failure does not stop the run',
  ].filter(Boolean);
  const line = `${indent}- ${step.title} (${step.id})${notes.length > 0 ? `; ${notes.join(', ')}` : ''}`;
  return [line, ...(found ? [`${indent}    now ${found(step.id)}`] : [])];
}
