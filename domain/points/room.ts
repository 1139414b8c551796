/** How much room a restore needs on a host at least, so that too little is refused before anything is changed. Pure. */

import type { Component } from '../plan/component.ts';
import type { Plan } from '../plan/plan.ts';
import type { PointSummary } from '../playbook/assessment.ts';

/**
 * Folder to bytes, of what a group's hosts are given of a point: trees are staged beside the first of their paths, dumps pass
 * through /var/tmp, and a cluster is restored beside the present one. The restore itself asks again and knows more (the size of a database once it is loaded).
 */
export function roomFor(plan: Plan, group: string, point: PointSummary | undefined): Record<string, number> {
  const room: Record<string, number> = {};
  for (const component of plan.components) {
    const bytes = point?.sizes?.[component.name];
    if (component.host !== group || !bytes) continue;
    const folder = folderFor(component);
    room[folder] = (room[folder] ?? 0) + bytes;
  }
  return room;
}

function folderFor(component: Component): string {
  switch (component.driver) {
    case 'files':
      return parentOf(component.paths[0] as string);
    case 'postgresql-pitr':
      return parentOf(component.dataDirectory);
    default:
      return '/var/tmp';
  }
}

function parentOf(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/';
}
