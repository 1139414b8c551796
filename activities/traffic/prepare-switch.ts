/**
 * Sets a name up to be led by its switch object: the object can be read without credentials, a health check watches it, and
 * two failover records take the place of the simple one, in one change. Beforehand, while the primary serves.
 */
import type { Route53Client } from '@aws-sdk/client-route-53';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { TrafficRecord } from '../../domain/plan/traffic.ts';
import { mustBeThere, readingPolicy } from '../../domain/traffic/switch.ts';
import type { StepContext } from '../context.ts';
import type { ObjectStore } from '../storage/store.ts';
import { waitFor } from '../waiting.ts';
import { preparingChanges, switchProblems } from './failover-records.ts';
import { awaitChange, changeSets } from './record-sets.ts';
import { seenObject, switchedRecord } from './switched-record.ts';

export interface PrepareDeps {
  readonly client: Route53Client;
  /** The location of the switch object. */
  readonly store: ObjectStore;
  readonly context: Pick<StepContext, 'run' | 'step' | 'signal' | 'assertCurrent' | 'log' | 'heartbeat'>;
}

export interface Preparation {
  readonly name: string;
  /** What was wrong before, a sentence each; empty when nothing was to do. */
  readonly wrong: readonly string[];
  /** What was done, or would be. */
  readonly changes: readonly string[];
}

/** ms until Route 53 has the change everywhere. */
const spreading = 120_000;

/**
 * With `apply` false nothing is changed, and the object is not tried.
 *
 * @throws SwitchUnreadable with the policy that is missing; RecordIsRouted, NotServing as `preparingChanges`
 */
export async function prepareSwitch(
  plan: Plan,
  record: TrafficRecord,
  deps: PrepareDeps,
  apply: boolean,
): Promise<Preparation> {
  const { client, context } = deps;
  const ask = { signal: context.signal };
  const switched = switchedRecord(plan, record);
  const { object, name } = switched;
  const home = mustBeThere(object, object.primary);
  const there = (await deps.store.head(object.key)) !== undefined;
  if (there !== home && object.inverted) {
    throw refusal(
      'NotServing',
      `The switch object ${object.key} is at ${object.location} already: with it ${name} would go to ${object.standby} at once.`,
      'bring the traffic home first, or delete the object if it is a leftover.',
    );
  }
  if (apply) await tryReading(plan, object, deps);
  const wrong = await switchProblems(client, switched, ask);
  const missing = there !== home;
  if (wrong.length === 0 && !missing) return { name, wrong, changes: [] };
  const { check, changes, newCheck } = await preparingChanges(client, switched, ask);
  const words = [
    ...(missing ? [`put ${object.key} at ${object.location}, for the health check to find`] : []),
    ...(check ? [] : [`make a health check of ${object.url}${object.inverted ? ', inverted' : ''}`]),
    `make ${name} a PRIMARY at ${object.primary} and a SECONDARY at ${object.standby}`,
  ];
  if (!apply) return { name, wrong, changes: words };
  if (missing) await deps.store.put(object.key, Buffer.from(`${name} is answered by ${object.primary}\n`));
  const change = await changeSets(client, switched, changes(check ?? (await newCheck())), context);
  await awaitChange(client, change, spreading, context);
  const still = await switchProblems(client, switched, ask);
  if (still.length === 0) return { name, wrong, changes: words };
  throw refusal(
    'SwitchNotReady',
    `${name} was set up, and reads back otherwise: ${still.join(' ')}`,
    'find who else changes this record, then prepare it again.',
  );
}

/** Writes an object beside the switch, reads it as a health check does, and takes it away again. */
async function tryReading(plan: Plan, object: ReturnType<typeof switchedRecord>['object'], deps: PrepareDeps) {
  const { store, context } = deps;
  const key = `${object.key}.probe`;
  await store.put(key, Buffer.from('Can this be read without credentials?\n'));
  let last = '';
  const seen = await waitFor({ within: 5_000, every: 200, signal: context.signal }, async () => {
    try {
      if (await seenObject(`${object.url}.probe`, 2_000, context.signal)) return true;
      last = 'it is refused';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    return undefined;
  });
  await store.delete(key);
  if (seen) return;
  const location = plan.storage[object.location];
  const policy = location && readingPolicy(location, object.key);
  throw refusal(
    'SwitchUnreadable',
    `Without credentials nobody can read ${object.url}.probe (${last}), and health checks have none.`,
    policy ? `add this to the policy of the bucket: ${policy}` : 'let anybody read this object, and nothing else.',
  );
}
