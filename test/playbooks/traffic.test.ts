import { expect, it } from 'vitest';
import { trafficSchema } from '../../domain/plan/traffic.ts';
import type { Playbook, Step } from '../../domain/playbook/playbook.ts';
import { compilers } from '../../playbooks/index.ts';
import { stepsFor } from '../../playbooks/steps.ts';
import { aSituation } from './a-situation.ts';

const main = 'spacetime-api.company.com';

/** The plan with its users' name led by a switch, and a name with a record beside it. */
async function switched(change: object = {}) {
  const situation = await aSituation('failover');
  const [record] = situation.plan.traffic.records;
  if (!record) throw new Error('no record');
  const { withdrawn, ...rest } = record;
  const records = [
    { ...rest, wait: '60s', via: 'switch', ...change },
    { name: 'beside.company.com', wait: '60s', sites: rest.sites, withdrawn: { addresses: ['192.0.2.1'], ttl: '60s' } },
  ];
  const traffic = trafficSchema.parse({ zone: 'Z1', records });
  return { ...situation, plan: { ...situation.plan, traffic } };
}

const stageOf = ({ items }: Playbook, title: string): Step[] =>
  items.flatMap((item) => (item.type === 'stage' && item.title === title ? item.ranks.flat() : []));

it('moves the users by their switch, and the name beside it when they are served', async () => {
  const playbook = compilers.failover(await switched());
  expect(stageOf(playbook, 'Cut traffic over')).toMatchObject([
    {
      kind: 'putSwitch',
      input: {
        name: main,
        site: 'us-west-2',
        object: {
          location: 'company-backups-dr',
          key: `spacetime/switch/${main}`,
          url: `https://company-backups-dr.s3.us-west-2.amazonaws.com/muster/spacetime/switch/${main}`,
          inverted: true,
        },
      },
    },
  ]);
  const outside = stageOf(playbook, 'See it from outside');
  expect(outside.map(({ kind }) => kind)).toEqual(['awaitResolution', 'seeFromOutside']);
  expect(outside[1]?.needs).toEqual(['switch-spacetime-api-company-com', 'await-spacetime-api-company-com']);
  expect(stageOf(playbook, 'Move the names beside it').map(({ id }) => id)).toEqual([
    'point-beside-company-com',
    'await-beside-company-com',
  ]);
});

it('withdraws only the name beside it, which holds nobody up where Route 53 refuses', async () => {
  const playbook = compilers.failover(await switched());
  expect(stageOf(playbook, 'Take the name away, power up').map(({ kind }) => kind)).not.toContain('withdrawName');
  const item = playbook.items.find(({ title }) => title === 'Take the names beside it away');
  expect(item).toMatchObject({ alongside: true });
  expect(stageOf(playbook, 'Take the names beside it away')).toMatchObject([
    { kind: 'withdrawName', required: false, limits: { startToClose: 15_000, budget: 15_000 } },
  ]);
});

it('deletes the object instead where its health check is not inverted', async () => {
  const playbook = compilers.failover(await switched({ switch: { inverted: false } }));
  expect(stageOf(playbook, 'Cut traffic over').map(({ kind }) => kind)).toEqual(['clearSwitch']);
});

it.each([
  [{ withdrawn: { addresses: ['192.0.2.1'], ttl: '60s' } }, /never nowhere/],
  [{ via: 'record', switch: {} }, /via: switch/],
  [{ sites: { a: { addresses: ['192.0.2.1'], ttl: '60s' } } }, /two positions/],
  [{ switch: { every: '20s' } }, /every 10 or 30 seconds/],
])('a plan that asks for what a switch cannot do is told so: %j', async (change, why) => {
  await expect(switched(change)).rejects.toThrow(why);
});

it('a location whose objects have no address that is known must have one named', async () => {
  const situation = await switched();
  const local = { driver: 'local', region: 'office', prefix: 'muster', folder: '/mnt' } as never;
  situation.plan.storage['company-backups-dr'] = local;
  expect(() => compilers.failover(situation)).toThrow(expect.objectContaining({ type: 'SwitchNotPossible' }));
});

it('a weighted name gets all of its weight at once in a failover, and by shifts where both sites serve', async () => {
  const situation = await aSituation('failover');
  const identifiers = { 'us-east-1': 'blue', 'us-west-2': 'green' };
  const [record] = situation.plan.traffic.records;
  const records = [{ name: main, wait: '60s', sites: record?.sites, weighted: { identifiers, hold: '30s' } }];
  const traffic = trafficSchema.parse({ zone: 'Z1', records });
  const weighted = { ...situation, plan: { ...situation.plan, traffic } };
  const cutOver = stageOf(compilers.failover(weighted), 'Cut traffic over');
  expect(cutOver).toMatchObject([{ kind: 'shiftWeights', input: { percent: 100, hold: 0, urls: [] } }]);
  const shifting = await aSituation('shift', { from: 'us-west-2', to: 'us-west-2' });
  const playbook = compilers.shift({ ...shifting, plan: weighted.plan });
  const { plan } = situation;
  expect(() => compilers.shift({ ...shifting, plan })).toThrow(expect.objectContaining({ type: 'NoWeightedName' }));
  const ranks = playbook.items.flatMap((item) =>
    item.type === 'stage' ? item.ranks.filter(([first]) => first?.kind === 'shiftWeights') : [],
  );
  expect(playbook.items.map(({ title }) => title)).toEqual([
    'Take the lease',
    'See that us-west-2 serves',
    'Give us-west-2 10 %',
    'Give us-west-2 50 %',
    'Give us-west-2 100 %',
    'See it from outside',
    'Watch the service',
  ]);
  expect(ranks.map((rank) => rank.map(({ id, input, needs }) => [id, input.percent, input.hold, needs]))).toEqual([
    [['shift-spacetime-api-company-com-10', 10, 30_000, []]],
    [['shift-spacetime-api-company-com-50', 50, 30_000, ['shift-spacetime-api-company-com-10']]],
    [['point-spacetime-api-company-com', 100, 30_000, ['shift-spacetime-api-company-com-10']]],
  ]);
});

it('times to live are lowered where a name has one and the plan says how far', async () => {
  const situation = await aSituation('failover');
  const addresses = (ttl: string) => ({
    'us-east-1': { addresses: ['192.0.2.1'], ttl },
    'us-west-2': { addresses: ['192.0.2.2'], ttl },
  });
  const records = [
    { name: 'a.company.com', wait: '60s', sites: addresses('60s'), lowered: '5s' },
    { name: 'b.company.com', wait: '60s', sites: addresses('60s') },
    { name: 'c.company.com', wait: '60s', sites: situation.plan.traffic.records[0]?.sites, lowered: '5s' },
  ];
  const plan = { ...situation.plan, traffic: trafficSchema.parse({ zone: 'Z1', records }) };
  expect(stepsFor({ ...situation, plan }, 'us-west-2').lowerTtls('us-east-1')).toMatchObject([
    { kind: 'lowerTtl', id: 'lower-a-company-com', input: { ttl: 5_000, wait: 60_000 }, undoable: true },
  ]);
});

it('the site that is fenced by hand is fenced by the other one, and only while that serves', async () => {
  const situation = await aSituation('fence', { from: 'us-east-1', to: 'us-east-1', serving: ['us-west-2'] });
  const playbook = compilers.fence(situation);
  expect(playbook.items.map(({ type }) => type)).toEqual(['stage', 'gate']);
  expect(stageOf(playbook, 'Fence us-east-1')).toMatchObject([
    {
      kind: 'fenceSite',
      queue: 'muster-us-west-2',
      input: {
        site: 'us-east-1',
        methods: ['instances', 'service', 'database'],
        other: { site: 'us-west-2', url: 'http://{host}:8080/status' },
        databases: [{ component: 'database', driver: 'postgresql', database: 'spacetime_db', at: '5432' }],
      },
    },
  ]);
});

it('a planned move shortens what resolvers keep before it stops the writers, and puts it back where it fails', async () => {
  const situation = await aSituation('switchover');
  const addresses = {
    'us-east-1': { addresses: ['192.0.2.1'], ttl: '60s' },
    'us-west-2': { addresses: ['192.0.2.2'], ttl: '60s' },
  };
  const records = [{ name: main, wait: '60s', sites: addresses, lowered: '5s' }];
  const plan = { ...situation.plan, traffic: trafficSchema.parse({ zone: 'Z1', records }) };
  const playbook = compilers.switchover({ ...situation, plan });
  const kinds = playbook.items.flatMap((item) =>
    item.type === 'stage' ? item.ranks.flat().map(({ kind }) => kind) : [],
  );
  expect(kinds.indexOf('lowerTtl')).toBeGreaterThan(0);
  expect(kinds.indexOf('lowerTtl')).toBeLessThan(kinds.lastIndexOf('stopService'));
  expect(playbook).toMatchObject({ onFailure: 'putBack' });
  expect(playbook.items.find(({ type }) => type === 'watch')).toMatchObject({ step: { kind: 'watchService' } });
});
