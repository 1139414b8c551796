/** Activity `makePeriod`: counts what a month or a quarter of a service came to, signs it and leaves it in its storage locations; that of all services too where its plan says so. */
import { periodNamed } from '../../domain/period/period.ts';
import type { MadePeriod, PeriodCall } from '../../domain/period/scheduled.ts';
import { toldOf } from '../../domain/period/told.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { servicesIn } from '../plans/services-in.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { estateOf, storeEstate } from './estate-of.ts';
import type { Left } from './leave-files.ts';
import { type CountedPeriod, periodOf, periodPlaces, periodSigner } from './period-of.ts';

/** Safe to repeat. @throws what loading the plan and signing refuse; places that do not take it stand in `missed` */
export async function makePeriod(
  { service, period: name, estate }: PeriodCall,
  { plans, reports: folder }: Pick<Dependencies, 'plans' | 'reports'>,
): Promise<MadePeriod> {
  const period = periodNamed(name);
  const machine = { planFolder: plans.folder, folder };
  const planOf = async (each: string) => (await loadPlan(plans.folder, each, { overlays: [...plans.overlays] })).plan;
  const plan = await planOf(service);
  const own = await periodOf(plan, period, { ...machine, store: true });
  const told = toldOf(own.report);
  if (!estate) return { ...inShort(own.left), told };

  // Each of the others leaves its own by itself.
  const count = async (each: string): Promise<CountedPeriod> =>
    each === service ? own : await periodOf(await planOf(each), period, { ...machine, store: false });
  const all = await estateOf(await servicesIn(plans.folder), period, count);
  const signer = await periodSigner(plan, plans.folder);
  const left = await storeEstate(all.estate, service, signer, periodPlaces(plan, plans.folder));
  const unread = all.estate.unread.map(({ service: of }) => of);
  return {
    ...inShort({ written: [...own.left.written, ...left.written], missed: own.left.missed.concat(left.missed) }),
    told: unread.length > 0 ? `${told}; nothing can be said of ${unread.join(', ')}` : told,
  };
}

/** What people open, and each place once. */
function inShort({ written, missed }: Left): Omit<MadePeriod, 'told'> {
  return { places: written.filter((place) => place.endsWith('.html')), missed: [...new Set(missed)] };
}
