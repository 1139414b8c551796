/** Since when users are not served, as the observer saw it. */
import { refusal } from '../../../domain/errors.ts';
import { observedOutages, observerState } from '../../health/observer.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';

export interface Observed {
  /** First failed request of the outage that lasts, ISO. */
  readonly outageStart?: string;
}

export async function outageNow(deps: AssessDeps): Promise<Finding<Observed>> {
  const { observer } = deps.plan;
  const limits = limitsOf(deps);
  const about = { id: 'observer', title: 'Seen from outside', source: observer?.url ?? 'the plan', ...limits };
  return await findOut<Observed>(about, async (signal) => {
    if (!observer) throw refusal('NoObserver', 'the plan names no observer.', 'add observer.url to the plan.');
    const ask = { url: observer.url, timeout: limits.limit, signal };
    const [state, { outages }] = await Promise.all([observerState(ask), observedOutages(ask)]);
    const open = outages.at(-1);
    if (open && open.until === undefined) {
      return { value: `failing since ${open.since}: ${open.why}`, state: 'bad', evidence: { outageStart: open.since } };
    }
    if (state.state === 'ok') return { value: 'healthy', state: 'good', evidence: {} };
    return { value: `the observer says ${state.state}`, state: 'warning', evidence: {} };
  });
}
