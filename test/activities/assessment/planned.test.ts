import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { driverFor } from '../../../activities/archives/drivers.ts';
import { assess } from '../../../activities/assessment/assess.ts';
import type { AssessDeps } from '../../../activities/assessment/deps.ts';
import { plannedDirection, refuseUnfit } from '../../../activities/assessment/planned.ts';
import { loadPlan } from '../../../activities/plans/load-plan.ts';
import { componentSchema } from '../../../domain/plan/component.ts';
import type { AssessCall } from '../../../domain/run/protocol.ts';
import { compilers } from '../../../playbooks/index.ts';
import { aSituation } from '../../playbooks/a-situation.ts';
import { plansFolder } from '../../support/plan.ts';

const { plan } = await aSituation('switchover');
const call = (procedure: 'switchover' | 'failback', more: Partial<AssessCall> = {}): AssessCall => ({
  run: 'run-1',
  procedure,
  service: 'spacetime',
  at: '2026-01-02T03:15:00Z',
  ...more,
});
const direction = (given: AssessCall, serving: string[]) => {
  try {
    return plannedDirection(given, plan, serving);
  } catch (error) {
    return (error as { type: string }).type;
  }
};
const [east, west] = ['us-east-1', 'us-west-2'];

describe('the direction of a planned move', () => {
  it('goes from where the name leads, whatever the roles in the plan', () => {
    expect(direction(call('switchover'), [east])).toEqual({ from: east, to: west });
    expect(direction(call('switchover'), [west])).toEqual({ from: west, to: east });
    expect(direction(call('failback'), [west])).toEqual({ from: west, to: east });
  });

  it.each([
    ['a failback while the name leads home', call('failback'), [east], 'ServedAlready'],
    ['a switchover to where it leads', call('switchover', { to: west }), [west], 'ServedAlready'],
    ['a source that the name does not lead to', call('switchover', { from: west }), [east], 'NotServing'],
    ['names that lead to no site, or could not be read', call('switchover'), [], 'NotServing'],
    ['names that lead to two sites', call('failback'), [east, west], 'NotServing'],
    ['a site that the plan does not have', call('switchover', { to: 'eu-west-1' }), [east], 'SiteUnknown'],
  ])('refuses %s', (_what, given, serving, type) => {
    expect(direction(given, serving)).toBe(type);
  });
});

describe('what a planned move needs', () => {
  const fact = { id: 'x', title: 'x', value: 'it timed out', state: 'bad' as const, source: 'x', took: 1 };
  const host = { name: 'app', group: 'app', site: west, region: west, address: '10.0.0.1', state: 'stopped' } as const;
  const good = {
    fromHealth: { fact, evidence: true },
    target: { fact, evidence: { hosts: [host as never], missing: [] } },
    startRight: { fact, evidence: '' },
    points: [{ fact, evidence: [], location: 'dr', refused: [] }],
    location: 'dr',
  };
  const refused = (change: object) => {
    try {
      refuseUnfit(call('switchover'), { from: east, to: west }, { ...good, ...change });
      return 'fit';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is fit when the source is healthy and the target can take over', () => {
    expect(refused({})).toBe('fit');
  });

  it('names the failover where the source does not serve, or nobody knows', () => {
    const way = 'muster failover spacetime --from us-east-1 --to us-west-2';
    expect(refused({ fromHealth: { fact, evidence: false } })).toContain(way);
    expect(refused({ fromHealth: { fact } })).toContain(way);
  });

  it('refuses a target whose hosts are not found, cannot be started, or whose store is silent', () => {
    expect(refused({ target: { fact } })).toContain('us-west-2 cannot take spacetime over: it timed out');
    expect(refused({ startRight: { fact: { ...fact, value: 'no: not allowed' }, evidence: 'not allowed' } })).toContain(
      'cannot be started: no: not allowed',
    );
    expect(refused({ points: [{ fact, location: 'dr', refused: [] }] })).toContain('dr does not answer');
  });
});

describe('a component that only its checks could prove', () => {
  const of = (driver: string, more: object = {}) =>
    componentSchema.parse({
      ...{ name: 'shop', driver, host: 'db', rank: 2, ...more },
      ...(driver === 'mariadb'
        ? { database: 'shop' }
        : { socket: '/run/redis/redis.sock', start: 'systemctl start redis' }),
    });

  it.each(['mariadb', 'redis'])(
    'of %s and without any is refused by the assessment, before anything is asked',
    async (driver) => {
      const folder = mkdtempSync(join(tmpdir(), 'muster-proof-'));
      try {
        const text = readFileSync(join(plansFolder, 'spacetime.yaml'), 'utf8');
        const own =
          driver === 'mariadb' ? 'database: shop' : 'socket: /run/redis/redis.sock, start: systemctl start redis';
        const added = `\ncomponents:\n  - { name: shop, driver: ${driver}, host: db, rank: 2, ${own} }\n`;
        writeFileSync(join(folder, 'spacetime.yaml'), text.replace(/\ncomponents:\n/, added));
        const loaded = await loadPlan(folder, 'spacetime');
        const line = text.split('\n').indexOf('components:') + 2;
        // Whatever else it would read is not there.
        const deps = { plan: loaded.plan, sha256: loaded.sha256, positionOf: loaded.positionOf } as AssessDeps;
        const refused = assess(call('switchover'), deps);
        await expect(refused).rejects.toMatchObject({ type: 'ProofMissing' });
        await expect(refused).rejects.toThrow(`spacetime.yaml:${line}:`);
        await expect(refused).rejects.toThrow(/has no checks for shop .*Try: checks: .* under components\[0\]/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it('is refused by the compiler too, and moves where it has checks; a failover does without', async () => {
    const checks = [{ name: 'rows', query: 'DBSIZE' }];
    for (const driver of ['mariadb', 'redis']) {
      for (const procedure of ['switchover', 'failback', 'failover'] as const) {
        const situation = await aSituation(procedure);
        const compile = (more?: object) => {
          const components = [...situation.plan.components, of(driver, more)];
          return compilers[procedure]({ ...situation, plan: { ...situation.plan, components } });
        };
        expect(() => compile({ checks })).not.toThrow();
        if (procedure === 'failover') expect(() => compile()).not.toThrow();
        else expect(() => compile()).toThrow(/has no checks for shop/);
      }
    }
  });

  it('is of a driver that cannot compare by itself, and there are no others of that kind', () => {
    expect(driverFor(of('mariadb')).token).toBeUndefined();
    expect(driverFor(of('redis')).token).toBeUndefined();
    const { components } = plan;
    for (const component of components.filter(({ driver }) => driver !== 'files'))
      expect(driverFor(component).token, component.name).toBeDefined();
  });
});
