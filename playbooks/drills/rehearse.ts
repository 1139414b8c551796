/** What one kind of drill makes of the situation: one compiler a kind, put together in drill.ts. */
import type { Drill, DrillKind } from '../../domain/plan/drills.ts';
import type { PlaybookItem } from '../../domain/playbook/playbook.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import type { Compiler, Situation } from '../compiler.ts';
import type { Asking } from './checklist.ts';

/** What a kind does between the checklists, and what it asks people meanwhile. */
export interface Rehearsal {
  readonly items: readonly PlaybookItem[][];
  readonly asked?: readonly Asking[];
  /** What ends it, once people have looked. */
  readonly ends?: readonly PlaybookItem[][];
  /** The recovery point that is tried. */
  readonly point?: string;
}

/** What a kind is given: the real compilers too, since a drill rehearses what they make. */
export type Rehearse<Kind extends DrillKind = DrillKind> = (
  situation: Situation,
  drill: Extract<Drill, { kind: Kind }>,
  real: Readonly<Record<Exclude<Procedure, 'drill'>, Compiler>>,
) => Rehearsal;
