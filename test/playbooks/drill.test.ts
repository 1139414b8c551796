/** What a drill of the plan becomes: checklists around the same steps as the real thing, or a talk through a playbook. */
import { describe, expect, it } from 'vitest';
import { drillSchema } from '../../domain/plan/drills.ts';
import { type Playbook, playbookSchema, stepsOf } from '../../domain/playbook/playbook.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

async function compile(drill: object, request = 'x', more: object = {}): Promise<Playbook> {
  const situation = await aSituation('drill');
  const plan = { ...situation.plan, drills: [drillSchema.parse({ name: 'x', ...drill })] };
  return playbookSchema.parse(compilers.drill({ ...situation, plan, request: { drill: { name: request, ...more } } }));
}

const kinds = (playbook: Playbook) => [...new Set(stepsOf(playbook).map(({ kind }) => kind))];
const titles = (playbook: Playbook) => playbook.items.map(({ title }) => title);
const checklist = {
  before: [{ title: 'Notify team' }],
  during: [{ title: 'All endpoints functional', ask: 'yes-no' }],
  after: [{ title: 'Lessons learned', ask: 'text', instructions: 'What would you do otherwise?' }],
};
const participants = [{ role: 'DR Coordinator', people: ['dana'] }, { role: 'Engineering Manager' }];

describe('a restore test', () => {
  it('has the checklist around the restores, and the roles at the end', async () => {
    const signOff = ['DR Coordinator', 'Engineering Manager'];
    const playbook = await compile({ kind: 'restore-test', checklist, participants, signOff, answerWithin: '2d' });
    const whole = [titles(playbook)[0], ...titles(playbook).slice(-3)];
    expect(whole).toEqual(['Before the drill', 'Look at it', 'After the drill', 'Sign off']);
    expect(kinds(playbook)).toEqual(['manual', 'awaitHost', 'prepareDrill', 'testRestore', 'provePoint', 'clearDrill']);
    const asked = stepsOf(playbook).filter(({ kind }) => kind === 'manual');
    expect(asked.map(({ id, required, input }) => ({ id, required, ...input }))).toMatchObject([
      { id: 'before-notify-team', required: false, within: 2 * 86_400_000 },
      { id: 'during-all-endpoints-functional', ask: 'yes-no' },
      { id: 'after-lessons-learned', ask: 'text', instructions: 'What would you do otherwise?' },
      { id: 'sign-off-dr-coordinator', ask: 'yes-no', signs: true, role: 'DR Coordinator', people: ['dana'] },
      { id: 'sign-off-engineering-manager', ask: 'yes-no', signs: true, role: 'Engineering Manager' },
    ]);
    expect(playbook.drill).toMatchObject({ name: 'x', kind: 'restore-test', roles: signOff });
    expect(playbook.drill?.items.map(({ step, when }) => `${when} ${step}`)).toEqual([
      'before before-notify-team',
      'during during-all-endpoints-functional',
      'after after-lessons-learned',
      'sign-off sign-off-dr-coordinator',
      'sign-off sign-off-engineering-manager',
    ]);
  });

  it('without any checklist is done by itself', async () => {
    const playbook = await compile({ kind: 'restore-test' });
    expect(kinds(playbook)).toEqual(['awaitHost', 'prepareDrill', 'testRestore', 'provePoint', 'clearDrill']);
    const tested = stepsOf(playbook).filter(({ kind }) => kind === 'testRestore');
    expect(tested).toHaveLength(5);
    expect(tested.every(({ input }) => input.paths === undefined)).toBe(true);
  });
});

describe('less than all of it', () => {
  it('is the components that the plan names', async () => {
    const playbook = await compile({ kind: 'component', components: ['database'] });
    expect(stepsOf(playbook).flatMap(({ kind, id }) => (kind === 'testRestore' ? [id] : []))).toEqual([
      'test-database',
    ]);
  });

  it('or the files, of the component that holds them most closely', async () => {
    const playbook = await compile({ kind: 'partial-restore', paths: ['/opt/spacetime/production/vr_main.tscn'] });
    const [tested, ...more] = stepsOf(playbook).filter(({ kind }) => kind === 'testRestore');
    expect(more).toEqual([]);
    expect(tested).toMatchObject({
      id: 'test-application',
      title: expect.stringContaining('/opt/spacetime/production/vr_main.tscn of application'),
      input: { paths: ['/opt/spacetime/production/vr_main.tscn'] },
    });
  });

  it('is refused where the point has nothing of it, or nothing holds the path', async () => {
    await expect(compile({ kind: 'partial-restore', paths: ['/home/dana'] })).rejects.toMatchObject({
      type: 'PathUnknown',
    });
    const situation = await aSituation('drill');
    const { point } = situation.assessment;
    if (!point) throw new Error('no point');
    const plan = {
      ...situation.plan,
      drills: [drillSchema.parse({ name: 'x', kind: 'component', components: ['database'] })],
    };
    const without = { ...situation.assessment, point: { ...point, components: ['logs'] } };
    const call = { ...situation, plan, assessment: without, request: { drill: { name: 'x' } } };
    expect(() => compilers.drill(call)).toThrow(/has no database/);
  });
});

describe('the place of a drill', () => {
  it('carries the names of service and run, and is marked on each host with what is tried there', async () => {
    const playbook = await compile({ kind: 'restore-test' });
    const steps = stepsOf(playbook);
    const prepared = steps.filter(({ kind }) => kind === 'prepareDrill');
    expect(prepared.map(({ id, undoable }) => [id, undoable])).toEqual([
      ['prepare-drill-app', true],
      ['prepare-drill-db', true],
    ]);
    expect(prepared[1]?.input.tried).toEqual([
      {
        component: 'database',
        point: '20260102_020000',
        into: expect.stringMatching(/^muster_drill_[0-9a-f]{16}_database$/),
      },
    ]);
    const into = steps.filter(({ kind }) => kind === 'testRestore').map(({ input }) => String(input.into));
    expect(into).toContain('/var/tmp/muster-drill-spacetime.run-1/application');
    const cleared = steps.filter(({ kind }) => kind === 'clearDrill').map(({ input }) => input);
    expect(cleared).toEqual(prepared.map(({ input }) => input));
  });

  it('is swept without a drill, on every host of the site', async () => {
    const playbook = await compile({ kind: 'restore-test' }, 'x', { sweep: true });
    expect(stepsOf(playbook).map(({ kind, input }) => [kind, input.tried])).toEqual([
      ['prepareDrill', []],
      ['prepareDrill', []],
    ]);
    expect(playbook.drill).toBeUndefined();
  });
});

describe('a fault that is put in on purpose', () => {
  it('is in every restore, and is judged instead of the point: no mark is put', async () => {
    const playbook = await compile({ kind: 'restore-test' }, 'x', { fault: 'damaged-part' });
    expect(kinds(playbook)).toEqual(['awaitHost', 'prepareDrill', 'testRestore', 'judgeFault', 'clearDrill']);
    const tested = stepsOf(playbook).filter(({ kind }) => kind === 'testRestore');
    expect(tested.map(({ input }) => input.fault)).toEqual(Array(5).fill('damaged-part'));
    expect(tested[0]?.title).toContain('(damaged-part, on purpose)');
    expect(playbook.drill?.fault).toBe('damaged-part');
    const judged = stepsOf(playbook).find(({ kind }) => kind === 'judgeFault');
    expect(judged?.needs).toEqual(tested.map(({ id }) => id));
  });

  it('truncates files only, and is refused where there are none, or nothing is restored', async () => {
    const playbook = await compile({ kind: 'restore-test' }, 'x', { fault: 'truncated-copy' });
    const tested = stepsOf(playbook).filter(({ kind }) => kind === 'testRestore');
    expect(tested.map(({ id }) => id)).not.toContain('test-database');
    expect(tested).toHaveLength(4);
    const fault = { fault: 'truncated-copy' };
    await expect(compile({ kind: 'component', components: ['database'] }, 'x', fault)).rejects.toMatchObject({
      type: 'FaultUnfit',
    });
    await expect(compile({ kind: 'tabletop' }, 'x', fault)).rejects.toMatchObject({ type: 'FaultUnfit' });
  });
});

describe('a tabletop', () => {
  it('asks people about every stage of the playbook that would be run, one after another, and runs none of it', async () => {
    const situation = await aSituation('failover');
    const real = compilers.failover(situation);
    const plan = { ...situation.plan, drills: [drillSchema.parse({ name: 'x', kind: 'tabletop' })] };
    const call = { ...situation, procedure: 'drill', plan, request: { drill: { name: 'x' } } } as const;
    const playbook = playbookSchema.parse(compilers.drill(call));
    expect(kinds(playbook)).toEqual(['manual']);
    expect(titles(playbook)).toEqual(titles(real));
    const asked = stepsOf(playbook);
    expect(asked.every(({ input }) => input.ask === 'text')).toBe(true);
    for (const [index, item] of real.items.entries()) {
      const instructions = String(asked[index]?.input.instructions);
      if (item.type === 'stage') for (const { title } of item.ranks.flat()) expect(instructions).toContain(title);
      expect(instructions).toContain('Who does this');
    }
    expect(playbook).toMatchObject({ procedure: 'drill', from: 'us-east-1', to: 'us-west-2' });
  });
});

describe('a drill whose work is a run of its own', () => {
  it('begins it, lets people look while it stands, ends it, and asks for the lessons whatever became of it', async () => {
    const playbook = await compile({ kind: 'isolated', hold: '2h', answerWithin: '2d', checklist });
    expect(titles(playbook)).toEqual([
      'Before the drill',
      'Rehearse it',
      'Look at it',
      'End the rehearsal',
      'After the drill',
    ]);
    const [before, begun, during, ended, after] = stepsOf(playbook);
    expect(begun).toMatchObject({ kind: 'startRehearsal', required: true, undoable: true, noted: false });
    expect(begun?.input).toEqual({
      ...{ service: 'spacetime', kind: 'isolated', drill: 'x' },
      ...{ hold: 2 * 3_600_000, within: 2 * 86_400_000, patience: 900_000 },
    });
    expect(ended).toMatchObject({ kind: 'endRehearsal', required: false, undoable: false });
    // Nobody is asked for longer of what is gone by then.
    expect([before, during, after].map((step) => step?.input.within)).toEqual([
      2 * 86_400_000,
      2 * 3_600_000,
      2 * 86_400_000,
    ]);
    expect(playbook.drill).toMatchObject({ kind: 'isolated', targets: { rto: 1_800_000 } });
  });

  it('of the kind exercise asks for one, and has no target of its own', async () => {
    const playbook = await compile({ kind: 'exercise' });
    expect(kinds(playbook)).toEqual(['startRehearsal', 'endRehearsal']);
    expect(stepsOf(playbook)[0]?.input).toMatchObject({ kind: 'exercise', hold: 3_600_000 });
    expect(playbook.drill?.targets).not.toHaveProperty('rto');
  });

  it('takes no fault', async () => {
    const fault = { fault: 'damaged-part' };
    await expect(compile({ kind: 'isolated' }, 'x', fault)).rejects.toMatchObject({ type: 'FaultUnfit' });
  });
});

it('is refused for a drill that the plan does not have', async () => {
  await expect(compile({ kind: 'restore-test' }, 'yearly')).rejects.toMatchObject({ type: 'DrillUnknown' });
});
