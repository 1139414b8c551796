import { beforeAll, describe, expect, it } from 'vitest';
import { compileWith } from '../../activities/planning/compile.ts';
import { hashPlaybook } from '../../activities/planning/hash.ts';
import { stepDefinitions } from '../../activities/registry.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Playbook, playbookSchema, type Step } from '../../domain/playbook/playbook.ts';
import { type Procedure, procedures, traitsOf } from '../../domain/playbook/procedures.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

const kinds = new Map(stepDefinitions.map((definition) => [definition.kind, definition]));
const compile = (situation: Situation) => playbookSchema.parse(compilers[situation.procedure](situation));
const ranksOf = (playbook: Playbook): Step[][] =>
  playbook.items.flatMap((item) => (item.type === 'stage' ? item.ranks : item.type === 'watch' ? [[item.step]] : []));
const titles = (playbook: Playbook) => playbook.items.map((item) => item.title);
const placeOf = (playbook: Playbook, kind: string) =>
  ranksOf(playbook).findIndex((rank) => rank.some((step) => step.kind === kind));

// Log shipping has its own test: the plan of these has no component with a log.
const plain = procedures.filter((procedure) => procedure !== 'log-shipping');
describe.each(plain)('the playbook of %s', (procedure: Procedure) => {
  let playbook: Playbook;
  beforeAll(async () => {
    playbook = compile(await aSituation(procedure));
  });

  it('names each step once, and every kind is one that workers have', () => {
    const steps = ranksOf(playbook).flat();
    expect(new Set(steps.map((step) => step.id)).size).toBe(steps.length);
    for (const step of steps) expect(kinds.get(step.kind)?.version, step.kind).toBe(step.version);
  });

  it('gives each step an input that its worker will accept, and a title and commands out of it', () => {
    for (const step of ranksOf(playbook).flat()) {
      const definition = kinds.get(step.kind);
      const input = definition?.input.parse(step.input);
      expect(definition?.title(input)).toBe(step.title);
      expect(definition?.shell(input).join('')).not.toBe('');
    }
  });

  it('lets a step need only what an earlier rank gives', () => {
    const before = new Set<string>();
    for (const rank of ranksOf(playbook)) {
      for (const step of rank)
        for (const need of step.needs) expect(before, `${step.id} needs ${need}`).toContain(need);
      for (const step of rank) before.add(step.id);
    }
  });

  it('heartbeats within five seconds and gives up within a time', () => {
    for (const { id, limits } of ranksOf(playbook).flat()) {
      expect(limits.heartbeat, id).toBeLessThanOrEqual(5_000);
      expect(limits.budget, id).toBeGreaterThan(0);
    }
  });

  it('holds no secret, only references', () => {
    expect(JSON.stringify(playbook)).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY|password":\s*"[^"]/);
  });

  it('hashes alike whatever was measured, and differently when another thing would be done', async () => {
    const same = compile(
      await aSituation(procedure, {
        facts: [{ id: 'x', title: 'X', value: '7', state: 'good', source: 'y', took: 9 }],
      }),
    );
    expect(hashPlaybook(same)).toBe(hashPlaybook(playbook));
    const risky = compile(await aSituation(procedure, { risks: [{ id: 'a-risk', text: 'a risk', severity: 'high' }] }));
    expect(hashPlaybook(risky)).not.toBe(hashPlaybook(playbook));
    const estimated = structuredClone(playbook);
    for (const rank of ranksOf(estimated)) for (const step of rank) step.expected = 12_345;
    expect(hashPlaybook(estimated)).toBe(hashPlaybook(playbook));
  });

  // A shift moves no data and a rejoin no files, so they restore none.
  it.runIf(traitsOf(procedure).hosts && procedure !== 'shift' && procedure !== 'rejoin')(
    'hashes differently when other files are expected of a restore: only the estimates stay out',
    async () => {
      const situation = await aSituation(procedure);
      const components = situation.plan.components.map((component) =>
        component.driver === 'files' ? { ...component, expected: ['/another/file'] } : component,
      );
      const other = compile({ ...situation, plan: { ...situation.plan, components } });
      expect(hashPlaybook(other)).not.toBe(hashPlaybook(playbook));
    },
  );
});

it('waits as long as the plan says: no limit of an attempt is shorter', async () => {
  const { plan, ...call } = await aSituation('failover');
  const patient = { ...plan, limits: { boot: 3_600_000 }, health: { ...plan.health, within: 3_600_000 } };
  const { playbook } = compileWith(patient, call, 'failover');
  for (const { id, input, limits } of ranksOf(playbook).flat()) {
    if (typeof input.within === 'number') expect(limits.startToClose, id).toBeGreaterThan(input.within);
    expect(limits.budget, id).toBeGreaterThanOrEqual(limits.startToClose);
  }
});

it('refuses two steps of one id', async () => {
  const { plan, ...call } = await aSituation('failover');
  const manual = ['Look', 'look!'].map((title) => ({ title, instructions: '', before: 'end' as const }));
  expect(() => compileWith({ ...plan, manual }, call, 'failover')).toThrow(/Two steps would be called manual-look/);
});

describe('the playbook of a failover', () => {
  let playbook: Playbook;
  beforeAll(async () => {
    playbook = compile(await aSituation('failover'));
  });

  it('takes the name away first and moves it last, behind the point of no return', () => {
    const order = [
      'withdrawName',
      'stopService',
      'restoreComponent',
      'checkData',
      'startService',
      'checkHealth',
      'pointNameAt',
      'seeFromOutside',
    ];
    const places = order.map((kind) => placeOf(playbook, kind));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const noReturn = playbook.items.findIndex((item) => item.type === 'pointOfNoReturn');
    const cutOver = playbook.items.findIndex(
      (item) => item.type === 'stage' && item.ranks.flat().some((step) => step.kind === 'pointNameAt'),
    );
    expect(cutOver).toBe(noReturn + 1);
  });

  it('starts the service only behind the gate of the fence', () => {
    const all = titles(playbook);
    expect(all.indexOf('The lost site is fenced, or someone accepted that it is not')).toBeLessThan(
      all.indexOf('Start the service'),
    );
  });

  it('restores by the ranks of the plan, one rank side by side', async () => {
    const { plan } = await aSituation('failover');
    const restored = ranksOf(playbook)
      .map((rank) => rank.filter((step) => step.kind === 'restoreComponent').map((step) => step.id))
      .filter((rank) => rank.length > 0);
    expect(restored).toHaveLength(new Set(plan.components.map((component) => component.rank)).size);
    expect(restored.flat()).toHaveLength(plan.components.length);
  });

  it('acts on the queue of the surviving region alone', () => {
    const queues = new Set(
      ranksOf(playbook)
        .flat()
        .map((step) => step.queue),
    );
    expect([...queues]).toEqual(['muster-us-west-2']);
  });

  it('refuses to leave out a component whose host is missing', async () => {
    const situation = await aSituation('failover');
    const hosts = situation.assessment.hosts.filter((host) => host.site !== 'us-west-2' || host.group !== 'db');
    expect(() => compile({ ...situation, assessment: { ...situation.assessment, hosts } })).toThrow(
      /group db.*database/,
    );
  });

  it('refuses without a recovery point', async () => {
    const situation = await aSituation('failover', { point: undefined });
    expect(() => compile(situation)).toThrow(/no usable recovery point/);
  });
});

describe('a backup', () => {
  const roleIn = async (serving: string[] | undefined) => {
    const situation = await aSituation('backup');
    const assessment = { ...situation.assessment, serving };
    const steps = ranksOf(compile({ ...situation, assessment })).flat();
    return steps.find((step) => step.kind === 'commitPoint')?.input.role;
  };

  it('records what its site was when it was taken: by the name, and by the plan where the name could not be read', async () => {
    const { from } = (await aSituation('backup')).assessment;
    expect(await roleIn([from])).toBe('primary');
    expect(await roleIn(['another-site'])).toBe('standby');
    expect(await roleIn([])).toBe('primary');
  });
});

describe('the scripts that a backup keeps', () => {
  const scriptsIn = async (serving: string[] | undefined, change: (plan: Plan) => void = () => {}) => {
    const situation = await aSituation('backup', { serving });
    change(situation.plan);
    return ranksOf(compile(situation))
      .flat()
      .filter((step) => step.kind === 'keepScript');
  };

  it('are those of a failover from the site that serves, hold nothing up, and lie at every location', async () => {
    expect(await scriptsIn(['us-east-1'])).toMatchObject([
      {
        id: 'keep-script',
        required: false,
        input: { from: 'us-east-1', to: 'us-west-2', locations: ['company-backups', 'company-backups-dr'] },
      },
    ]);
    expect(await scriptsIn(undefined)).toHaveLength(1);
    expect(await scriptsIn(['us-west-2'])).toEqual([]);
    const lonely = (plan: Plan) => void delete plan.sites['us-west-2'];
    expect(await scriptsIn(['us-east-1'], lonely)).toEqual([]);
  });

  it('are made where the keys of the site are that would take over, for each of several', async () => {
    expect(await scriptsIn(['us-east-1'])).toMatchObject([{ queue: 'muster-us-west-2', fallback: 'muster-fallback' }]);
    const third = (plan: Plan) => {
      const west = plan.sites['us-west-2'] as Plan['sites'][string];
      plan.sites['eu-west-1'] = { ...west, region: 'eu-west-1' };
    };
    expect(await scriptsIn(['us-east-1'], third)).toMatchObject([
      { id: 'keep-script-us-west-2', queue: 'muster-us-west-2', input: { to: 'us-west-2' } },
      { id: 'keep-script-eu-west-1', queue: 'muster-eu-west-1', input: { to: 'eu-west-1' } },
    ]);
  });

  it('are left out for a site whose location no script can reach', async () => {
    const served = (plan: Plan) => {
      const local = { driver: 'local', folder: '/srv/points' } as unknown as Plan['storage'][string];
      plan.storage['company-backups-dr'] = local;
    };
    expect(await scriptsIn(['us-east-1'], served)).toEqual([]);
  });
});

describe('a backup of some components', () => {
  it('captures these alone, and the manifest is held to them and to the deployment', async () => {
    const backup = { kind: 'full', components: ['database', 'configuration'], version: '1.9.0' } as const;
    const situation = {
      ...(await aSituation('backup')),
      request: { backup: { ...backup, components: [...backup.components] as string[] } },
    };
    const steps = ranksOf(compile(situation)).flat();
    expect(steps.filter(({ kind }) => kind === 'captureComponent').map(({ id }) => id)).toEqual([
      'capture-configuration',
      'capture-database',
    ]);
    expect(steps.find(({ kind }) => kind === 'commitPoint')?.input).toMatchObject({
      components: ['database', 'configuration'],
      version: '1.9.0',
    });
    situation.request.backup.components = ['nothing'];
    expect(() => compile(situation)).toThrow(/no component nothing/);
  });
});

describe('retention', () => {
  const stepsOf = async (request?: object, change = {}) => {
    const situation = await aSituation('retention');
    const plan = { ...situation.plan, ...change };
    return ranksOf(compile({ ...situation, plan, request: request as Situation['request'] }));
  };

  it('only says what would go, until it is told to apply it; then one location after the other', async () => {
    expect((await stepsOf()).flat().map(({ kind }) => kind)).toEqual(['previewRetention']);
    const applied = await stepsOf({ retention: { apply: true, budget: 7 } });
    expect(applied.map((rank) => rank.map(({ kind, input }) => [kind, input.location, input.budget]))).toEqual([
      [['applyRetention', 'company-backups', 7]],
      [['applyRetention', 'company-backups-dr', 7]],
    ]);
  });

  it('pins, unpins and deletes one point by hand and leaves the rules alone, also where the plan has none', async () => {
    const asked = { point: '20260102_020000', reason: 'audit', by: 'dana' };
    const none = { retention: undefined };
    for (const [name, kind] of [
      ['pin', 'pinPoint'],
      ['unpin', 'pinPoint'],
      ['delete', 'deletePoint'],
    ] as const) {
      const steps = (await stepsOf({ retention: { apply: false, [name]: asked } }, none)).flat();
      expect(steps.map((step) => [step.kind, step.input.by])).toEqual([[kind, 'dana']]);
    }
    await expect(stepsOf({ retention: { apply: true } }, none)).rejects.toThrow(/no rules for what is kept/);
  });
});
