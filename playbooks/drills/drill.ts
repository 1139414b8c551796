/**
 * A drill of the plan: what people prepare, the same steps as the real thing in a place of its own, what people look at and learn, and
 * who signs. Runbooks: "Monthly Backup Verification", "Quarterly DR Drill", "Monthly Restore Test", "Tabletop".
 */
import { refusal } from '../../domain/errors.ts';
import type { Drill, DrillKind } from '../../domain/plan/drills.ts';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import { type Compiler, playbook, type Situation, stage } from '../compiler.ts';
import { type Asking, askAll, askForSignatures } from './checklist.ts';
import { sweepOnly } from './place-steps.ts';
import { exercise, isolated } from './rehearsals.ts';
import type { Rehearse } from './rehearse.ts';
import { componentDrill, partialRestore, restoreTest } from './restores.ts';
import { tabletop } from './tabletop.ts';

const kinds: { readonly [Kind in DrillKind]: Rehearse<Kind> } = {
  'restore-test': restoreTest,
  'partial-restore': partialRestore,
  component: componentDrill,
  tabletop,
  isolated,
  exercise,
};

/** @throws DrillUnknown, FaultUnfit */
export function drillWith(real: Readonly<Record<Exclude<Procedure, 'drill'>, Compiler>>): Compiler {
  return (situation) => {
    if (situation.request?.drill?.sweep) return sweepOnly(situation);
    const drill = drillOf(situation);
    assertFit(situation, drill);
    const before = askAll(situation, drill, 'before', drill.checklist.before);
    const { items, asked = [], ends = [], point } = (kinds[drill.kind] as Rehearse)(situation, drill, real);
    const during = askAll(situation, whileItStands(drill), 'during', drill.checklist.during);
    const after = askAll(situation, drill, 'after', drill.checklist.after);
    const signed = askForSignatures(situation, drill);
    const all = [...before, ...asked, ...during, ...after, ...signed];
    const whole = playbook(situation, point, [
      stage('Before the drill', stepsIn(before)),
      ...items.map((each) => [...each]),
      stage('Look at it', stepsIn(during)),
      ...ends.map((each) => [...each]),
      stage('After the drill', stepsIn(after)),
      stage('Sign off', stepsIn(signed)),
    ]);
    return named(whole, drill, all, situation);
  };
}

function named(whole: Playbook, drill: Drill, asked: readonly Asking[], { plan, request }: Situation): Playbook {
  const { name, kind, participants } = drill;
  const roles = participants.map(({ role }) => role);
  const fault = request?.drill?.fault;
  const rto = plan.objectives.rto[promiseOf(drill) ?? '']?.maximum;
  const targets = { ...(rto === undefined ? {} : { rto }), rpo: plan.objectives.rpo };
  const items = asked.map(({ row }) => row);
  return { ...whole, drill: { name, kind, roles, ...(fault ? { fault } : {}), targets, items } };
}

/** What is gone is looked at no more. */
function whileItStands(drill: Drill): Drill {
  return 'hold' in drill ? { ...drill, answerWithin: Math.min(drill.hold, drill.answerWithin) } : drill;
}

/** Which promise of the plan the real thing would be measured by; of one component it has none. */
function promiseOf(drill: Drill): string | undefined {
  switch (drill.kind) {
    case 'restore-test':
      return 'full-recovery';
    case 'partial-restore':
      return 'partial-recovery';
    case 'component':
      return undefined;
    case 'tabletop':
      return drill.procedure;
    case 'isolated':
      return 'failover';
    case 'exercise':
      return undefined;
  }
}

function stepsIn(asked: readonly Asking[]) {
  return asked.map(({ step }) => step);
}

/** @throws FaultUnfit */
function assertFit({ request }: Situation, { name, kind }: Drill): void {
  if (request?.drill?.fault === undefined || !['tabletop', 'isolated', 'exercise'].includes(kind)) return;
  const what = kind === 'tabletop' ? 'a tabletop: it' : `of kind ${kind}: by itself it`;
  throw refusal(
    'FaultUnfit',
    `Drill ${name} is ${what} restores nothing that a fault could be put into.`,
    'without --fault.',
  );
}

/** @throws DrillUnknown */
function drillOf({ plan, request }: Situation): Drill {
  const drills = plan.drills ?? [];
  const wanted = request?.drill?.name;
  const found = drills.find(({ name }) => name === wanted);
  if (found) return found;
  const names = drills.map(({ name }) => name).join(', ') || 'it has none; drills: in the plan names them';
  throw refusal('DrillUnknown', `The plan of ${plan.service} has no drill ${wanted ?? 'without a name'}.`, `${names}.`);
}
