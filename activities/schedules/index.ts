/** The activities of what is due, by name. */
import type { Client } from '@temporalio/client';
import { refusal } from '../../domain/errors.ts';
import type { Due } from '../../domain/schedules/due.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { countFailures, endCatchUp, ensureCatchUp } from './catch-up.ts';
import { holderOf } from './holder-of.ts';
import { type LookCall, lookForChange } from './look-for-change.ts';
import { nextDue } from './next-due.ts';
import { endValidation, ensureValidation, type ValidationCall, validationState } from './validation.ts';

type Alive = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @param alive  heartbeats for as long as the work lasts, and makes refusals final */
export function scheduleActivities(deps: Dependencies, alive: Alive) {
  return {
    holderOf: (call: { workflowIds: string[] }) => alive(() => holderOf(clientOf(deps), call.workflowIds)),
    countFailures: (call: { service: string; execution?: string }) =>
      alive(() => countFailures(clientOf(deps), call.service, call.execution)),
    ensureCatchUp: (due: Due) => alive(() => ensureCatchUp(clientOf(deps), due)),
    endCatchUp: (call: { service: string }) => alive(() => endCatchUp(clientOf(deps), call.service)),
    ensureValidation: (call: ValidationCall) => alive(() => ensureValidation(clientOf(deps), call)),
    endValidation: (call: ValidationCall) => alive(() => endValidation(clientOf(deps), call)),
    validationState: (call: ValidationCall) => alive(() => validationState(call, deps)),
    nextDue: (call: { schedule: string }) => alive(() => nextDue(clientOf(deps), call.schedule)),
    lookForChange: (call: LookCall) => alive(() => lookForChange(call, deps)),
  };
}

/** Without it nobody could say whether a recovery runs, and a backup must stand aside for one. */
function clientOf({ temporal }: Dependencies): Client {
  if (temporal) return temporal;
  throw refusal('NoServer', 'This worker has no connection to ask Temporal with.', 'start it with workers/main.ts.');
}
