/** Makes Temporal activities out of step definitions: one for each kind, and two that serve every undoable kind. */
import { Context } from '@temporalio/activity';
import { refusal } from '../../domain/errors.ts';
import type { NotedBefore, StepAnswer, StepCall, StepOutput, UndoCall } from '../../domain/run/protocol.ts';
import type { StepContext } from '../context.ts';
import { assertHeld } from '../lease/held.ts';
import type { StepDefinition } from '../step.ts';
import { openContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { translateFailures } from './failures.ts';

export type Activity = (argument: never) => Promise<unknown>;

export function stepActivities(definitions: readonly StepDefinition[], deps: Dependencies): Record<string, Activity> {
  const byKind = new Map(definitions.map((definition) => [definition.kind, definition]));
  const activities: Record<string, Activity> = {
    noteBefore: (call: StepCall) =>
      inContext(deps, withoutLease(call), async (context): Promise<NotedBefore> => {
        const started = performance.now();
        const definition = definitionOf(byKind, call);
        const state = (await definition.before?.(definition.input.parse(call.step.input), context)) ?? null;
        return { state, busy: Math.round(performance.now() - started) };
      }),
    undoStep: (call: UndoCall) => {
      const definition = definitionOf(byKind, call);
      // What gives the lease back does not need it: after half of it is given back, its next attempt would find it lost.
      return inContext(deps, definition.changes === false ? withoutLease(call) : call, async (context) => {
        await assertMayChange(definition, call, context);
        return (await definition.undo?.(definition.input.parse(call.step.input), call.before, context)) ?? null;
      });
    },
  };
  for (const definition of definitions) {
    activities[definition.kind] = (call: StepCall) =>
      inContext(deps, definition.changes === false ? withoutLease(call) : call, (context) =>
        runStep(definition, call, context),
      );
  }
  return activities;
}

async function runStep(definition: StepDefinition, call: StepCall, context: StepContext): Promise<StepAnswer> {
  const started = performance.now();
  definitionOf(new Map([[definition.kind, definition]]), call);
  await assertMayChange(definition, call, context);
  const output = ((await definition.run(definition.input.parse(call.step.input), context)) ?? {}) as StepOutput;
  return { output, busy: Math.round(performance.now() - started), worker: Context.current().info.taskQueue };
}

/** A superseded attempt that wakes up late is stopped here, before it changes anything. @throws LeaseLost */
async function assertMayChange(definition: StepDefinition, call: StepCall, context: StepContext): Promise<void> {
  if (definition.changes === false) return;
  await assertHeld(call, (location) => context.store(location), context.signal);
}

/** What only reads goes on although the run has lost or given back what it held. */
function withoutLease<Call extends StepCall>({ leases: _held, ...call }: Call): Omit<Call, 'leases'> {
  return call;
}

/** A worker of another build must not guess what an unknown version means. */
function definitionOf(byKind: ReadonlyMap<string, StepDefinition>, call: StepCall): StepDefinition {
  const definition = byKind.get(call.step.kind);
  if (definition && definition.version === call.step.version) return definition;
  throw refusal(
    'StepVersionUnknown',
    `This worker does not have step ${call.step.kind} version ${call.step.version}.`,
    'start a worker of the build that compiled this playbook, then retry the step.',
    { step: call.step.id },
  );
}

async function inContext<Result>(
  deps: Dependencies,
  call: StepCall,
  work: (context: StepContext) => Promise<Result>,
): Promise<Result> {
  return await translateFailures(async () => {
    const { context, close } = await openContext(deps, call);
    try {
      return await work(context);
    } finally {
      await close();
    }
  });
}
