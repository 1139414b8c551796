/** What one backup takes and says of itself, out of its request. */
import { refusal } from '../domain/errors.ts';
import type { Component } from '../domain/plan/component.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { RunRequest } from '../domain/run/requests.ts';

type Asked = RunRequest['backup'];

/** The plan's components in its order; those that were asked for, where any were. @throws ComponentUnknown */
export function wantedComponents(plan: Plan, asked: Asked): Component[] {
  const names = asked?.components;
  if (!names) return plan.components;
  const known = plan.components.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw refusal(
      'ComponentUnknown',
      `The plan of ${plan.service} has no component ${unknown.join(', ')}.`,
      `one or more of: ${known.join(', ')}.`,
    );
  }
  return plan.components.filter(({ name }) => names.includes(name));
}

/** What the manifest is told beside what the captures found: absent where nothing was asked for, so that old hashes stay. */
export function deploymentOf(asked: Asked): { components?: string[]; version?: string; commit?: string } {
  const { components, version, commit } = asked ?? {};
  return {
    ...(components ? { components: [...components] } : {}),
    ...(version ? { version } : {}),
    ...(commit ? { commit } : {}),
  };
}
