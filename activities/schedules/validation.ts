/** After a look at the recovery points that failed: the temporary schedule that looks daily until one passes, and what their marks say. */
import type { Client } from '@temporalio/client';
import { validationNames } from '../../domain/plan/schedules.ts';
import { type LookDepth, type ValidationDue, validationDue } from '../../domain/points/verification.ts';
import { scheduleId, validationSchedule } from '../../domain/schedules/wanted-schedules.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { pointIdsAt } from '../points/list-points.ts';
import { mapLimited } from '../points/map-limited.ts';
import { readMarks } from '../points/marks.ts';
import { loadPinned, type PinnedSigners } from '../points/signer.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import type { ObjectStore } from '../storage/store.ts';
import { createSchedule, removeSchedule } from './apply.ts';

export interface ValidationCall {
  readonly service: string;
  readonly depth: LookDepth;
}

const day = 86_400_000;

/** True when it was made now; a second attempt finds it there. */
export async function ensureValidation(client: Client, { service, depth }: ValidationCall): Promise<boolean> {
  return await createSchedule(client, service, validationSchedule(service, depth), true);
}

/** True when there was one. */
export async function endValidation(client: Client, { service, depth }: ValidationCall): Promise<boolean> {
  return await removeSchedule(client, service, scheduleId(service, validationNames[depth]));
}

/** Whether the last look failed, and whether the next is due by now: from the signed marks at every location that answers. */
export async function validationState({ service, depth }: ValidationCall, deps: Dependencies): Promise<ValidationDue> {
  const { folder, overlays } = deps.plans;
  const { plan } = await loadPlan(folder, service, { overlays: [...overlays] });
  const signers = await loadPinned(plan, folder);
  const opened = Object.keys(plan.storage).map((name) => openStore(plan, name, (ref) => resolveSecret(ref, folder)));
  const stores = (await Promise.allSettled(opened)).flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  try {
    return await validationSeen(stores, { service, depth }, signers);
  } finally {
    for (const store of stores) store.close?.();
  }
}

/** Rejects where no location answers: nothing is then known. */
export async function validationSeen(
  stores: readonly ObjectStore[],
  { service, depth }: ValidationCall,
  signers: PinnedSigners,
): Promise<ValidationDue> {
  const read = await Promise.allSettled(
    stores.map(async (store) => {
      const ids = await pointIdsAt(store, service);
      return (await mapLimited(ids, 16, (id) => readMarks(store, service, id, signers))).flat();
    }),
  );
  const answered = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (answered.length === 0) throw new Error(`no storage location of ${service} answers`);
  return validationDue(answered.flat(), { depth, every: day, now: new Date() });
}
