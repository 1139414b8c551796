import { describe, expect, it } from 'vitest';
import { compileWith } from '../../activities/planning/compile.ts';
import { stepDefinitions } from '../../activities/registry.ts';
import { trafficSchema } from '../../domain/plan/traffic.ts';
import { playbookSchema, type Step } from '../../domain/playbook/playbook.ts';
import type { RunRequest } from '../../domain/run/requests.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

const before = '2026-01-02T03:00:00+00:00';
const breach: RunRequest = { compromise: {}, restore: { before } };
const weighted = { identifiers: { 'us-east-1': 'blue', 'us-west-2': 'green' }, shifts: [10, 50, 100], hold: 60_000 };
const kinds = new Map(stepDefinitions.map((definition) => [definition.kind, definition]));
const compile = (situation: Situation) => playbookSchema.parse(compilers[situation.procedure](situation));
const breached = async (more: Partial<Situation> = {}): Promise<Situation> => ({
  ...(await aSituation('failover')),
  request: breach,
  by: 'dana',
  ...more,
});

function stepsOf(situation: Situation): Step[] {
  return compile(situation).items.flatMap((item) => (item.type === 'stage' ? item.ranks.flat() : []));
}

describe('recovery from a breach', () => {
  it('keeps evidence, fences, restores onto the clean site, changes secrets, and only then serves', async () => {
    const steps = stepsOf(await breached());
    const place = (id: string | RegExp) => steps.findIndex((step) => step.id.match(id));
    const order = [
      '^take',
      '^capture-',
      '^commit-point$',
      '^pin-evidence$',
      '^confirm-evidence$',
      '^fence-',
      '^restore-',
      '^check-data',
      '^rotate-',
      '^start-service',
      '^point',
      '^change-signer$',
    ];
    const places = order.map((id) => place(new RegExp(id)));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    for (const step of steps) expect(() => kinds.get(step.kind)?.input.parse(step.input), step.id).not.toThrow();
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
  });

  it.each([
    ['a switch', { via: 'switch', withdrawn: undefined }, 'switch-'],
    ['weighted records', { weighted, withdrawn: undefined }, 'point-'],
    ['a record without a withdrawn form', { withdrawn: undefined }, 'point-'],
  ])(
    'takes the name of %s away at once, and is past its point of no return before users can write',
    async (_, form, id) => {
      const situation = await breached();
      for (const record of situation.plan.traffic.records) Object.assign(record, form);
      const { items } = compile(situation);
      const at = (wanted: (step: Step) => boolean) =>
        items.findIndex((item) => item.type === 'stage' && item.ranks.flat().some(wanted));
      const leads = at((step) => step.id.startsWith(id));
      const end = items.findIndex(({ type }) => type === 'pointOfNoReturn');
      expect(leads).toBe(1);
      expect(at(({ kind }) => kind === 'captureComponent')).toBeGreaterThan(leads);
      expect(end).toBeGreaterThan(at(({ id }) => id.startsWith('rotate-')));
      expect(at(({ kind }) => kind === 'startService')).toBeGreaterThan(end);
      const steps = stepsOf(situation);
      expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
      const seen = steps.find(({ kind }) => kind === 'seeFromOutside');
      expect(seen?.needs.some((need) => need.startsWith(id))).toBe(true);
      for (const step of steps) expect(() => kinds.get(step.kind)?.input.parse(step.input), step.id).not.toThrow();
    },
  );

  it('leads users to a clean site only when the service on its hosts that were on has stopped', async () => {
    const situation = await breached();
    for (const record of situation.plan.traffic.records) Object.assign(record, { weighted, withdrawn: undefined });
    const app = situation.assessment.hosts.find(({ site, group }) => site === 'us-west-2' && group === 'app');
    const with_ = (on?: string[]) => ({ ...situation, assessment: { ...situation.assessment, on } });
    const ids = (on?: string[]) => stepsOf(with_(on)).map(({ id }) => id);
    const { items } = compile(with_([app?.address ?? '']));
    const away = items.find(({ title }) => title === 'Take the name away from the breached site');
    const ranks =
      away?.type === 'stage' ? away.ranks.map((rank) => rank.map(({ kind, input }) => [kind, input.host])) : [];
    expect(ranks).toEqual([
      [['stopService', app]],
      situation.plan.traffic.records.map(() => ['shiftWeights', undefined]),
    ]);
    expect(ids([app?.address ?? ''])).toEqual(expect.arrayContaining(['stop-service-ahead', 'stop-service']));
    // A host that was off, and one of the breached site, has nothing to stop.
    for (const off of [undefined, [], ['10.77.1.10']]) expect(ids(off)).not.toContain('stop-service-ahead');
  });

  it('stops what booted with its service on before it looks at the host, and takes names that lead nowhere without that', async () => {
    const situation = await breached();
    const app = situation.assessment.hosts.find(({ site, group }) => site === 'us-west-2' && group === 'app');
    const on = [app?.address ?? ''];
    const ids = stepsOf({ ...situation, assessment: { ...situation.assessment, on } }).map(({ id }) => id);
    expect(ids).not.toContain('stop-service-ahead');
    expect(ids.indexOf('stop-service')).toBeLessThan(ids.indexOf('check-host-app'));
  });

  it.each([
    ['a plain one', {}, 'pointNameAt'],
    ['a weighted one', { weighted: { ...weighted, hold: '60s' } }, 'shiftWeights'],
    ['one of a failover pair', { failover: { identifiers: weighted.identifiers } }, 'exchangeRoles'],
  ])(
    'leaves a name beside the switch (%s) where Route 53 refuses it, and moves it when users are served',
    async (_, form, kind) => {
      const situation = await breached();
      const [record] = situation.plan.traffic.records;
      const { withdrawn: _nowhere, ...rest } = record as NonNullable<typeof record>;
      const records = [
        { ...rest, wait: '60s', via: 'switch' },
        { name: 'beside.company.com', wait: '60s', sites: rest.sites, ...form },
      ];
      const plan = { ...situation.plan, traffic: trafficSchema.parse({ zone: 'Z1', records }) };
      const { items } = compile({ ...situation, plan });
      const of = (title: string) =>
        items.flatMap((item) => (item.type === 'stage' && item.title.startsWith(title) ? item.ranks.flat() : []));
      expect(of('Take the name away')).toMatchObject([
        { id: 'switch-spacetime-api-company-com', required: true },
        {
          ...{ id: 'lead-beside-company-com', kind, required: false },
          limits: { startToClose: 15_000, budget: 15_000 },
        },
      ]);
      expect(of('Move the names beside it')).toMatchObject([
        { id: 'point-beside-company-com', kind, required: true },
        { id: 'await-beside-company-com' },
      ]);
      expect(items.find(({ type }) => type === 'pointOfNoReturn')?.title).not.toContain('beside');
    },
  );

  it('captures the breached site in full, under a label of its own, pins it, and lets a person judge what failed', async () => {
    const steps = stepsOf(await breached());
    const of = (kind: string) => steps.filter((step) => step.kind === kind);
    expect(of('commitPoint')[0]?.input).toMatchObject({ label: 'evidence', site: 'us-east-1' });
    for (const step of of('captureComponent')) {
      expect(step.input).toMatchObject({ host: { site: 'us-east-1' } });
      expect(step.input.kind).toBeUndefined();
      expect(step.required).toBe(false);
    }
    expect(of('pinPoint')[0]).toMatchObject({ input: { pinned: true, by: 'dana' }, needs: ['commit-point'] });
    expect(steps.find(({ id }) => id === 'confirm-evidence')?.kind).toBe('manual');
  });

  it('changes nothing on the breached site but its power: nothing is restored or started there', async () => {
    const steps = stepsOf(await breached());
    const touching = steps.filter((step) => (step.input.host as { site?: string } | undefined)?.site === 'us-east-1');
    expect(new Set(touching.map(({ kind }) => kind))).toEqual(new Set(['captureComponent']));
    expect(steps.some(({ kind }) => kind === 'terminateInstance')).toBe(false);
  });

  it('asks for evidence by hand where the hosts are not there any more', async () => {
    const situation = await breached();
    const hosts = situation.assessment.hosts.filter(({ site }) => site !== 'us-east-1');
    const steps = stepsOf({ ...situation, assessment: { ...situation.assessment, hosts } });
    expect(steps.some(({ kind }) => kind === 'captureComponent')).toBe(false);
    expect(steps.find(({ id }) => id === 'confirm-evidence')?.input.instructions).toMatch(/snapshots of the volumes/);
  });

  it("runs the plan's own commands for its secrets on the clean site, each confirmed by a person", async () => {
    const situation = await breached();
    const rotate = [
      { title: 'Database password', run: '/opt/rotate db', on: 'app', limit: 5_000 },
      { title: 'Revoke the API token', instructions: 'At the provider.' },
    ];
    const steps = stepsOf({ ...situation, plan: { ...situation.plan, compromise: { rotate } } });
    const ids = steps.map(({ id }) => id).filter((id) => id.includes('rotate-'));
    expect(ids).toEqual([
      'rotate-database-password',
      'confirm-rotate-database-password',
      'rotate-revoke-the-api-token',
    ]);
    const command = steps.find(({ id }) => id === 'rotate-database-password');
    expect(command?.input).toMatchObject({ run: '/opt/rotate db', host: { site: 'us-west-2' } });
  });

  it('says the exact commands for keys and signers', async () => {
    const text = stepsOf(await breached())
      .map(({ input }) => input.instructions ?? '')
      .join('\n');
    expect(text).toContain('muster keys make FOLDER --site us-east-1');
    expect(text).toContain('muster keys rotate spacetime --from us-west-2 --drop-old');
    expect(text).toContain('muster keys make FOLDER --signer');
    expect(text).toContain('signer.pinned');
  });

  it('refuses a point from the moment of the breach or later, and a breach without a moment', async () => {
    const situation = await breached();
    const at = (moment: string) => () => compile({ ...situation, request: { ...breach, restore: { before: moment } } });
    expect(at('2026-01-02T02:00:03.000Z')).toThrow(/was taken at .* not before/);
    expect(at('2026-01-02T02:00:04+00:00')).not.toThrow();
    expect(() => compile({ ...situation, request: { compromise: {} } })).toThrow(/needs the moment/);
  });

  it('in place wants hosts that were rebuilt, and then changes secrets and keys too', async () => {
    const situation = { ...(await aSituation('full-recovery')), by: 'dana' };
    const request = (restore: object): RunRequest => ({
      compromise: { inPlace: true },
      restore: { before, ...restore },
    });
    expect(() => compile({ ...situation, request: request({}) })).toThrow(/not restored in place/);
    const plan = { ...situation.plan, bare: { app: bare, db: bare } };
    const ids = stepsOf({ ...situation, plan, request: request({ bare: true }) }).map(({ id }) => id);
    expect(ids.indexOf('rotate-change-every-secret-of-the-service')).toBeLessThan(ids.indexOf('start-service'));
    expect(ids).toContain('change-signer');
  });

  it('leaves the hash of an ordinary failover as it was', async () => {
    const plain = await aSituation('failover');
    const hash = ({ request, ...call }: Situation) => compileWith(call.plan, { ...call, request }, 'failover').sha256;
    expect(hash(plain)).toBe(hash({ ...plain, request: {} }));
    expect(hash(plain)).not.toBe(hash(await breached()));
  });
});

const bare = { packages: ['curl'], users: [], units: [] };
