/** What a restore is told of the copy that stands there, restored ahead; and the name it has for it. */
import type { Host } from '../domain/host.ts';
import type { Component } from '../domain/plan-component.ts';
import type { Ahead } from '../domain/warm-copy.ts';
import type { Situation } from './compiler.ts';

interface AheadOfIt {
  readonly input: { ahead?: Ahead };
  /** A confirmation takes seconds and a restore takes long: each has a history of its own, for the time left. */
  readonly verb: 'confirm' | 'restore';
}

export function aheadOf({ assessment }: Situation, component: Component, host: Host): AheadOfIt {
  const copy = assessment.warm?.find((each) => each.component === component.name && each.host === host.name);
  if (!copy || copy.state === 'none') return { input: {}, verb: 'restore' };
  return { input: { ahead: copy.state }, verb: copy.state === 'same' ? 'confirm' : 'restore' };
}
