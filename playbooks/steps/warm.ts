/** What a restore is told of the copy that stands there, restored ahead; and the name it has for it. */

import type { Ahead } from '../../domain/databases/warm-copy.ts';
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { PointSummary } from '../../domain/playbook/assessment.ts';
import type { Situation } from '../compiler.ts';

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

/** What the point's other components have below the component's own paths, on its host: each is restored by itself, and changes this one's folders. */
export function apartIn({ components }: Plan, point: Pick<PointSummary, 'components'>, component: Component): string[] {
  if (component.driver !== 'files') return [];
  const others = components.filter(
    ({ name, host }) => name !== component.name && host === component.host && point.components.includes(name),
  );
  return others
    .flatMap((each) => (each.driver === 'files' ? each.paths : []))
    .filter((path) => component.paths.some((root) => path.startsWith(`${root}/`)));
}
