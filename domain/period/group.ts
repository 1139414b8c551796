/** What kind of thing a run is in the eyes of people who read of a month. Pure. */
import { type Procedure, traitsOf } from '../playbook/procedures.ts';
import type { RunGroup } from './shape.ts';

/** A drill is a drill whatever it rehearses. */
export function groupOf(procedure: Procedure): RunGroup {
  const { drill, restores, moves } = traitsOf(procedure);
  if (drill) return 'drill';
  if (procedure === 'backup') return 'backup';
  if (procedure === 'verify') return 'verification';
  if (restores && moves) return 'move';
  return restores || procedure === 'scratch-restore' ? 'restore' : 'other';
}
