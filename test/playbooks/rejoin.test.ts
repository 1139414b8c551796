/** A rejoin: what it wakes, saves and changes, and in which order. */
import { expect, it } from 'vitest';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import { type Playbook, playbookSchema, stepsOf } from '../../domain/playbook/playbook.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { rejoin } from '../../playbooks/rejoin.ts';
import { ordersDatabase } from '../activities/databases/rds/two-regions.ts';
import { aSituation } from './a-situation.ts';

const [old, serving] = ['us-east-1', 'us-west-2'];
const compile = (given: Situation) => playbookSchema.parse(rejoin(given));
const idsOf = (playbook: Playbook) => stepsOf(playbook).map(({ id }) => id);
const place = (playbook: Playbook, id: string) =>
  playbook.items.findIndex((item) => item.type === 'stage' && item.ranks.flat().some((each) => each.id === id));
const after = (change: Partial<Assessment> = {}) =>
  aSituation('rejoin', { replicas: [{ component: 'database', usable: false }], ...change });

it('wakes the database host alone, saves what it holds, and makes it follow the site that serves', async () => {
  const playbook = compile(await after());
  expect(playbook).toMatchObject({ from: serving, to: old, procedure: 'rejoin' });
  const ids = idsOf(playbook);
  expect(ids).toEqual(expect.arrayContaining(['start-host-db', 'capture-database-divergent', 'keep-divergent']));
  expect(ids.filter((id) => /app|point-names|start-service|stop-service|restore/.test(id))).toEqual([]);
  const step = stepsOf(playbook).find(({ id }) => id === 'reattach-database');
  expect(step?.input).toMatchObject({ host: { site: old }, peer: { site: serving } });
  expect(step?.required).toBe(true);
  expect(stepsOf(playbook).find(({ id }) => id === 'take-lease')?.input.needed).toHaveLength(2);
  const gate = playbook.items.findIndex((item) => item.type === 'gate' && item.risk === 'divergent-writes-lost');
  const noReturn = playbook.items.findIndex(({ type }) => type === 'pointOfNoReturn');
  expect(gate).toBeGreaterThan(place(playbook, 'capture-database-divergent'));
  expect(noReturn).toBeGreaterThan(gate);
  expect(place(playbook, 'reattach-database')).toBeGreaterThan(noReturn);
  expect(ids.indexOf('await-replica-database')).toBeGreaterThan(ids.indexOf('reattach-database'));
});

it('stops a service that may run on hosts of its own there, and never starts it again', async () => {
  const { assessment } = await after();
  const app = assessment.hosts.find(({ site, group }) => site === old && group === 'app');
  const steps = stepsOf(compile(await after({ on: [app?.address ?? ''] })));
  expect(steps.find(({ id }) => id === 'stop-service')).toMatchObject({
    undoable: false,
    input: { host: { site: old } },
  });
});

it('saves nothing of a standby that streams: it has nothing of its own', async () => {
  const playbook = compile(await after({ replicas: [{ component: 'database', usable: true }] }));
  expect(idsOf(playbook)).not.toContain('capture-database-divergent');
  expect(idsOf(playbook)).toContain('reattach-database');
});

it('gives a database of RDS a new replica at the old site, and asks at the end where there is none', async () => {
  const given = await after();
  const components = given.plan.components.map((each) => ({ ...each, standby: undefined }));
  const playbook = compile({ ...given, plan: { ...given.plan, components, databases: [ordersDatabase({})] } });
  expect(idsOf(playbook)).toEqual(['take-lease', 'rejoin-orders']);
  expect(stepsOf(playbook).at(-1)?.input).toMatchObject({ standby: { site: old }, primary: { site: serving } });
  expect(playbook.items.at(-1)).toMatchObject({ type: 'gate', steps: ['rejoin-orders'], risk: 'no-replica-after' });
});

it('is refused where nothing streams', async () => {
  const given = await after();
  const components = given.plan.components.map((each) => ({ ...each, standby: undefined }));
  expect(() => rejoin({ ...given, plan: { ...given.plan, components } })).toThrow(/streams from one site to the other/);
});
