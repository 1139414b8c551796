/** Does each name lead to a site of the plan, by the way the plan says? */
import { Refusal } from '../../../domain/errors.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { describeRecord, leadsTo } from '../../../domain/traffic/traffic.ts';
import { primaryNow } from '../../traffic/exchange-roles.ts';
import { switchProblems } from '../../traffic/failover-records.ts';
import { readRecord } from '../../traffic/record-sets.ts';
import { routedRecord } from '../../traffic/routed-sets.ts';
import { switchedRecord } from '../../traffic/switched-record.ts';
import { readShares } from '../../traffic/weights.ts';
import { finding, questions, type WorldClients, type WorldQuestion } from './question.ts';

export function trafficQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const { zone } = plan.traffic;
  const records = plan.traffic.records.map((record, index) => ({
    path: `traffic.records[${index}]`,
    what: `name ${record.name}`,
    good: 'leads to a site of the plan',
    record,
  }));
  return questions(records, clients, async ({ path, record }, signal) => {
    try {
      if (record.via === 'switch') {
        const wrong = await switchProblems(await clients.route53(), switchedRecord(plan, record), { signal });
        const hint = `set it up while the primary serves: muster traffic prepare ${plan.service}.`;
        return wrong.map((fact) => ({ path: `${path}.switch`, fact, hint }));
      }
      if (record.weighted) {
        await readShares(await clients.route53(), routedRecord(zone, record, record.weighted), { signal });
        return [];
      }
      if (record.failover) {
        await primaryNow(await clients.route53(), routedRecord(zone, record, record.failover), { signal });
        return [];
      }
      const now = await readRecord(await clients.route53(), { zone, name: record.name, type: record.type }, { signal });
      if (Object.values(record.sites).some((target) => leadsTo(now, target))) return [];
      const fact = `${record.name} points at ${describeRecord(now)}, which is no site of the plan.`;
      return [{ path: `${path}.sites`, fact, hint: 'correct the targets, or point the name at a site.' }];
    } catch (error) {
      const isZone = error instanceof Refusal && error.type === 'ZoneNotFound';
      return [finding(isZone ? 'traffic.zone' : path, error)];
    }
  });
}
