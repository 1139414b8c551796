/** The step that waits for cold storage, where the assessment found that nothing else has what is needed. */
import { thawPoint } from '../../activities/points/thaw-point.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { scopeOf } from '../../domain/points/restore-scope.ts';
import { placeAt, type Situation } from '../compiler.ts';

/** A request may take twice as long as the provider says. */
export function thaw(situation: Situation): Step[] {
  const { plan, assessment, request } = situation;
  const { cold, point, to } = assessment;
  if (!cold || !point) return [];
  const components = scopeOf(plan, request?.restore).map(({ component }) => component.name);
  const within = cold.expected * 2;
  return [
    thawPoint.step(
      {
        service: plan.service,
        point: { id: point.id, sha256: point.sha256 },
        components,
        location: cold.location,
        within,
      },
      placeAt(plan, to)('thaw-point', { expected: cold.expected, limits: { budget: within + 3_600_000 } }),
    ),
  ];
}
