/** The guards of an isolated drill: whatever a step is given, it never names a host, an address or a name of a real site. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  namesReal,
  type RealWorld,
  realWorldOf,
  refuseSharedHosts,
  refuseUnisolated,
  rehearsed,
} from '../../../domain/drills/isolation.ts';
import type { Host } from '../../../domain/host.ts';
import { isolationProblems } from '../../../domain/plan/references/isolation.ts';
import type { Playbook, Step } from '../../../domain/playbook/playbook.ts';
import { spacetimePlan } from '../../support/plan.ts';

const real: RealWorld = {
  addresses: ['10.77.1.10', '10.77.2.11'],
  instances: ['i-0aa', 'i-0bb'],
  names: ['spacetime-api.company.com', 'dr-lb-us-west-2.amazonaws.com'],
};
const everyReal = [...real.addresses, ...real.instances, ...real.names];
const step = (kind: string, input: Record<string, unknown>): Step => ({
  ...{ id: 'a', kind, version: 1, title: `do ${kind}`, input, queue: 'q', fallback: 'f', undoable: false, needs: [] },
  ...{ limits: { startToClose: 1, heartbeat: 1, scheduleToStart: 1, budget: 1 }, required: true, expected: 0 },
});
const playbook = (...steps: Step[]): Playbook => ({
  ...{ format: 1, run: 'run-1', service: 'spacetime', procedure: 'isolated-drill', from: 'a', to: 'a', risks: [] },
  items: [{ type: 'stage', title: 'All', ranks: [steps] }],
});
const ssh = { user: 'root', port: 22, key: { env: 'KEY' }, knownHosts: { env: 'HOSTS' } };
const own: Host = { name: 'app', group: 'app', site: 'west', region: 'west', address: '10.9.0.10', ssh };

/** A value of any depth with one text put somewhere into it, under a name that leads somewhere. */
const around = (text: string) =>
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(text, `ssh root@${text} true`, `http://${text}:8080/status`, `${text}.`),
      fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.constantFrom('run', 'url', 'host', 'address', 'target', 'start'), tie('value'), { minKeys: 1 }),
    ),
  })).value;

describe('no step of a drill names the real thing', () => {
  test('wherever in its input it stands, and whatever the step that changes something is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...everyReal).chain((text) => fc.tuple(fc.constant(text), around(text))),
        fc.constantFrom('restoreComponent', 'startService', 'pointDrillName', 'takeDrillHost', 'sweepDrill'),
        ([text, value], kind) => {
          expect(namesReal(step(kind, { value }), real)).toBe(text);
          expect(() => refuseUnisolated(playbook(step(kind, { value })), real, [own])).toThrow(
            /NotIsolated|would work on/,
          );
        },
      ),
    );
  });

  it('whoever only looks at it may name it', () => {
    for (const kind of ['fingerprintProduction', 'proveUntouched', 'seeIsolated'])
      expect(() => refuseUnisolated(playbook(step(kind, { hosts: everyReal })), real, [own])).not.toThrow();
  });

  it('names that only begin or end like a real one are others', () => {
    const others = [
      '10.77.1.101',
      '110.77.1.10',
      'drill.spacetime-api.company.com',
      'i-0aab',
      'spacetime-api.company.com.au',
    ];
    for (const text of others)
      expect(namesReal(step('startService', { start: `go ${text} now` }), real), text).toBe(undefined);
  });

  it('a path on the host itself may have the name of the service in it', () => {
    const component = { paths: ['/etc/letsencrypt/live/spacetime-api.company.com'], name: 'certificates' };
    expect(namesReal(step('restoreComponent', { component }), real)).toBe(undefined);
    expect(namesReal(step('restoreComponent', { component: { afterRestore: ['ping 10.77.1.10'] } }), real)).toBe(
      '10.77.1.10',
    );
  });

  it('a kind that no drill has is refused, whatever it is given', () => {
    for (const kind of [
      'fenceSite',
      'fenceInstance',
      'withdrawName',
      'pointNameAt',
      'takeLease',
      'commitPoint',
      'putSwitch',
      'command',
    ])
      expect(() => refuseUnisolated(playbook(step(kind, {})), real, [own]), kind).toThrow(/is no step of a drill/);
  });

  it('a step on a host that is neither is refused too', () => {
    const stranger = { ...own, address: '10.9.0.99' };
    expect(() => refuseUnisolated(playbook(step('checkHost', { host: stranger })), real, [own])).toThrow(
      /no host of the drill/,
    );
    expect(() => refuseUnisolated(playbook(step('checkHost', { host: own })), real, [own])).not.toThrow();
  });

  it('a look after everything counts as a step', () => {
    const bad = { ...playbook(step('checkHost', { host: own })), steady: [step('fenceSite', {})] };
    expect(() => refuseUnisolated(bad, real, [own])).toThrow(/is no step of a drill/);
  });

  it('a host that a real site has is refused by its address and by its instance', () => {
    expect(() => refuseSharedHosts([own], real)).not.toThrow();
    expect(() => refuseSharedHosts([{ ...own, address: '10.77.2.11' }], real)).toThrow(
      /10\.77\.2\.11, which a real site uses/,
    );
    expect(() => refuseSharedHosts([{ ...own, instance: 'i-0bb' }], real)).toThrow(/i-0bb, which a real site uses/);
  });
});

describe('the real world of a plan', () => {
  it('has the hosts that were found, the names, and what they lead to', async () => {
    const world = realWorldOf(await spacetimePlan(), [{ address: '10.0.0.5', instance: 'i-1' }]);
    expect(world.addresses).toEqual(['10.0.0.5', '192.0.2.1']);
    expect(world.instances).toEqual(['i-1']);
    expect(world.names).toEqual([
      'spacetime-api.company.com',
      'primary-lb-us-east-1.amazonaws.com',
      'dr-lb-us-west-2.amazonaws.com',
    ]);
  });

  it('is rehearsed without its standbys and without what is left out', async () => {
    const plan = await spacetimePlan();
    const [first] = plan.components;
    Object.assign(first ?? {}, { standby: { strategy: 'warm', maximumAge: 1 } });
    const small = rehearsed(plan, { leaveOut: ['logs'] });
    expect(small.components.map(({ name }) => name)).toEqual([
      'configuration',
      'database',
      'application',
      'certificates',
    ]);
    expect(small.components.every((component) => component.standby === undefined)).toBe(true);
    expect(plan.components[0]?.standby).toBeDefined();
  });
});

describe('what a plan says of its drill', () => {
  const sites = {
    east: { hosts: { app: { tags: { Environment: 'production', Role: 'app' } } } },
    west: { hosts: { app: { addresses: ['10.0.0.5'] } } },
  };
  const facts = (isolation: object, more: object = {}) =>
    isolationProblems({
      sites,
      components: [{ name: 'files', host: 'app', driver: 'files' }],
      control: { host: 'app' },
      traffic: { records: [{ name: 'shop.example' }] },
      health: { publicUrl: 'http://shop.example/status' },
      isolation,
      ...more,
    }).map(({ fact }) => fact);

  it('names hosts of its own', () => {
    expect(facts({ site: 'west', hosts: { app: { tags: { Environment: 'drill' } } } })).toEqual([]);
    expect(facts({ site: 'west', hosts: { app: { addresses: ['10.0.0.5', '10.9.0.1'] } } })).toEqual([
      '10.0.0.5 is app of west',
    ]);
    expect(facts({ site: 'west', hosts: { app: { tags: { Environment: 'production' } } } })).toEqual([
      'an instance of app of east may have these tags',
    ]);
    expect(facts({ site: 'west', hosts: { app: { tags: { Drill: 'yes' } } } })).toEqual([
      'an instance of app of east may have these tags',
    ]);
  });

  it('names a site, every group, and an image that is there', () => {
    expect(facts({ site: 'north', hosts: {} })).toEqual(['there is no site north', 'the drill has no hosts app']);
    const launch = { image: 'copied', type: 'm6i.large', subnet: 'subnet-1', securityGroups: ['sg-1'] };
    expect(facts({ site: 'west', hosts: { app: { addresses: ['10.9.0.1'], launch } } })).toEqual([
      'west keeps no copies of the images of app',
    ]);
  });

  it('has a name of its own', () => {
    const hosts = { app: { addresses: ['10.9.0.1'] } };
    expect(facts({ site: 'west', hosts, name: { name: 'Shop.Example.' } })).toEqual(['shop.example leads the users']);
    expect(facts({ site: 'west', hosts, name: { name: 'drill.shop.example' } })).toEqual([]);
  });

  it('leaves out what would write to the real thing from wherever it runs', () => {
    const hosts = { app: { addresses: ['10.9.0.1'] } };
    const components = [{ name: 'ledger', host: 'app', driver: 'postgresql-pitr' }];
    expect(facts({ site: 'west', hosts }, { components })).toEqual([
      'a restored ledger would archive its log into the repository of the real one',
    ]);
    expect(facts({ site: 'west', hosts, leaveOut: ['ledger'] }, { components })).toEqual([]);
    expect(facts({ site: 'west', hosts }, { databases: [{ name: 'orders' }] })).toHaveLength(1);
  });
});
