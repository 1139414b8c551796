/** The playbook of an isolated drill: the steps of a failover that are its own, and none that could reach the real thing. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { namesReal, realWorldOf } from '../../domain/drills/isolation.ts';
import { type Playbook, type Step, stepsOf } from '../../domain/playbook/playbook.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { isolatedDrill } from '../../playbooks/isolated-drill.ts';
import { aSituation } from './a-situation.ts';

let situation: Situation;
let playbook: Playbook;
beforeAll(async () => {
  situation = await aSituation('isolated-drill');
  playbook = isolatedDrill(situation);
});
const byId = (id: string): Step => stepsOf(playbook).find((step) => step.id === id) as Step;
const hostsIn = (step: Step) => step.input.hosts as { instance?: string; address: string }[];

describe('an isolated drill', () => {
  it('goes from a note of the real thing to its own name, and puts everything back', () => {
    expect(playbook.items.map(({ title }) => title)).toEqual([
      'Note what the real thing is',
      'Take away what earlier drills left',
      'Take the hosts of the drill',
      'See that they cannot reach the real hosts',
      'Look at the hosts',
      'Restore the data',
      'Check the data before anything writes to it',
      'Start the service',
      'Prove it works',
      'Lead the name of the drill there',
      'See it by the name of the drill',
    ]);
    expect(playbook.atEnd).toBe('putBack');
    expect(playbook.steady?.map(({ kind }) => kind)).toEqual(['proveUntouched']);
    expect(playbook.point).toBe('20260102_020000');
  });

  it('that is the work of a drill stands for people to look at, is all else the same, and says whose it is', () => {
    const request = { isolation: { hold: 3_600_000, of: 'drill-1' } };
    const held = isolatedDrill({ ...situation, request });
    expect(held.items.slice(0, -1)).toEqual(playbook.items);
    expect(stepsOf(held).at(-1)).toMatchObject({
      ...{ id: 'look-at-it', kind: 'manual', required: false, undoable: false },
      input: { within: 3_600_000, instructions: expect.stringContaining('drill-1') },
    });
    expect([held.partOf, playbook.partOf]).toEqual(['drill-1', undefined]);
  });

  it('takes a spare host with what is restored to it, and launches the other from the copied image', () => {
    expect(byId('take-drill-app')).toMatchObject({
      kind: 'takeDrillHost',
      undoable: true,
      input: {
        host: { instance: 'i-us-west-2-app-drill' },
        control: { state: 'systemctl is-active --quiet godot-spacetime' },
        wipe: 'rm -rf /opt/spacetime/logs',
      },
    });
    const components = byId('take-drill-app').input.components as { name: string }[];
    expect(components.map(({ name }) => name)).toEqual(['configuration', 'application', 'certificates', 'logs']);
    expect(byId('launch-drill-db')).toMatchObject({
      kind: 'launchDrillHost',
      undoable: true,
      input: { image: 'ami-0d', subnet: 'subnet-0d', host: { address: '10.77.9.11' } },
    });
  });

  it('leaves putting back to the hosts that were taken, and to the name', () => {
    const undoable = stepsOf(playbook).filter((step) => step.undoable);
    expect(undoable.map(({ id }) => id)).toEqual(['take-drill-app', 'launch-drill-db', 'point-drill-name']);
  });

  it('asks the real hosts at the ports where something listens, before anything is restored', () => {
    const { real } = byId('see-isolated-drill-app').input as { real: { address: string; ports: number[] }[] };
    expect(real.map(({ address }) => address)).toEqual(['10.77.1.10', '10.77.2.10', '10.77.1.11', '10.77.2.11']);
    expect(real[0]?.ports).toEqual([22, 8080, 5432]);
    const kinds = stepsOf(playbook).map(({ kind }) => kind);
    expect(kinds.lastIndexOf('seeIsolated')).toBeLessThan(kinds.indexOf('restoreComponent'));
  });

  it('compares what it noted: names, leases, instances and recovery points of every site', () => {
    const noted = byId('fingerprint');
    expect(noted.input).toMatchObject({
      names: ['spacetime-api.company.com'],
      leases: ['company-backups', 'company-backups-dr'],
      locations: ['company-backups', 'company-backups-dr'],
    });
    expect(hostsIn(noted)).toHaveLength(4);
    expect(playbook.steady?.[0]).toMatchObject({
      needs: ['fingerprint'],
      input: { ...noted.input, before: 'fingerprint' },
    });
  });

  it('looks at the service by its own name, which leads to its own host', () => {
    expect(byId('point-drill-name').input).toMatchObject({
      name: 'drill.spacetime-api.company.com',
      target: { addresses: ['10.77.9.10'] },
    });
    expect(byId('see-by-name').input).toMatchObject({ url: 'http://drill.spacetime-api.company.com:8080/status' });
    expect(byId('check-health').input).toMatchObject({ url: 'http://10.77.9.10:8080/status' });
  });

  it('without a name only asks its hosts', async () => {
    const plain = await aSituation('isolated-drill');
    Object.assign(plain.plan.isolation ?? {}, { name: undefined });
    const kinds = stepsOf(isolatedDrill(plain)).map(({ kind }) => kind);
    expect(kinds).not.toContain('pointDrillName');
    expect(kinds).not.toContain('seeFromOutside');
    expect(kinds).toContain('checkHealth');
  });

  it('that only sweeps takes the hosts, which clears them, and restores nothing', () => {
    const swept = isolatedDrill({ ...situation, request: { isolation: { sweep: true } } });
    expect(stepsOf(swept).map(({ kind }) => kind)).toEqual(['fingerprintProduction', 'sweepDrill', 'takeDrillHost']);
    expect(swept.atEnd).toBe('putBack');
  });

  it('restores what streams at the real standby from the recovery point', async () => {
    const streams = await aSituation('isolated-drill');
    for (const component of streams.plan.components)
      Object.assign(component, { standby: { strategy: 'warm', maximumAge: 1 } });
    const restored = stepsOf(isolatedDrill(streams)).filter(({ kind }) => kind === 'restoreComponent');
    expect(restored).toHaveLength(5);
    expect(restored.every(({ input }) => !('standby' in (input.component as object)))).toBe(true);
  });
});

describe('an isolated drill is refused', () => {
  test('whichever of its hosts a real site has too', () => {
    const real = situation.assessment.production ?? [];
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.nat({ max: situation.assessment.hosts.length - 1 }),
        fc.constantFrom('address' as const, 'instance' as const),
        (theirs, index, field) => {
          const hosts = situation.assessment.hosts.map((host, at) =>
            at === index ? { ...host, [field]: theirs[field] } : host,
          );
          const shared = { ...situation, assessment: { ...situation.assessment, hosts } };
          expect(() => isolatedDrill(shared)).toThrow(/which a real site uses/);
        },
      ),
    );
  });

  test('whatever real name, address or instance one of the plan commands has in it', () => {
    const world = realWorldOf(situation.plan, situation.assessment.production ?? []);
    const words = [...world.addresses, ...world.names, ...world.instances];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.constantFrom('start', 'stop', 'state'), (word, which) => {
        const control = { ...situation.plan.control, [which]: `systemctl restart app && curl http://${word}/` };
        expect(() => isolatedDrill({ ...situation, plan: { ...situation.plan, control } })).toThrow(
          /which a real site uses/,
        );
      }),
    );
  });

  it('where its name is the one that leads the users', async () => {
    const same = await aSituation('isolated-drill');
    Object.assign(same.plan.isolation?.name ?? {}, { name: 'SpaceTime-API.company.com.' });
    expect(() => isolatedDrill(same)).toThrow(/which a real site uses/);
  });

  it('where the plan says nothing of it', async () => {
    const none = await aSituation('isolated-drill');
    none.plan.isolation = undefined;
    expect(() => isolatedDrill(none)).toThrow(/does not say where a drill in isolation would happen/);
  });

  test('no step of any playbook that is compiled names the real thing', () => {
    const world = realWorldOf(situation.plan, situation.assessment.production ?? []);
    for (const step of stepsOf(playbook)) expect(namesReal(step, world), step.id).toBe(undefined);
  });
});
