/** The report of a month or a quarter of one service, counted as this machine can read it and left in the storage locations: for people who ask and for the Schedule. */
import type { Period } from '../../domain/period/period.ts';
import type { PeriodReport } from '../../domain/period/shape.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { pinnedSigner } from '../points/pinned-signer.ts';
import type { Signer } from '../points/signer.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openLocations } from '../storage/open-locations.ts';
import { openStore } from '../storage/open-store.ts';
import { gatherPeriod } from './gather-period.ts';
import type { Left, Places } from './leave-files.ts';
import { storePeriod } from './store-period.ts';

export interface PeriodMachine {
  readonly planFolder: string;
  /** Folder of local copies of reports. */
  readonly folder: string | undefined;
}

export interface CountedPeriod {
  readonly report: PeriodReport;
  /** Where it was left; nowhere unless it was to be stored. */
  readonly left: Left;
}

/** ms that a place has to take it. */
const patience = 30_000;

/** @throws SignerUnknown and others where it is to be stored and cannot be signed here: nothing is left then */
export async function periodOf(
  plan: Plan,
  period: Period,
  { planFolder, folder, store }: PeriodMachine & { readonly store: boolean },
): Promise<CountedPeriod> {
  const signing = store ? await periodSigner(plan, planFolder) : undefined;
  const { stores, unreachable } = await openLocations(plan, planFolder);
  try {
    const { report } = await gatherPeriod(plan, period, { stores, unreachable, folder, planFolder, now: Date.now() });
    const left = signing ? await storePeriod(report, signing, periodPlaces(plan, planFolder)) : nowhere;
    return { report, left };
  } finally {
    for (const each of stores) each.close?.();
  }
}

const nowhere: Left = { written: [], missed: [] };

export async function periodSigner(plan: Plan, planFolder: string): Promise<Signer> {
  return await pinnedSigner(plan, planFolder, (ref: SecretRef) => resolveSecret(ref, planFolder));
}

export function periodPlaces(plan: Plan, planFolder: string): Places {
  const store = (name: string) => openStore(plan, name, (ref) => resolveSecret(ref, planFolder));
  return { locations: Object.keys(plan.storage), store, patience };
}
