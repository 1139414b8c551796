/** What a verification is asked for becomes what its steps do. */
import { describe, expect, it } from 'vitest';
import { componentSchema } from '../../domain/plan/component.ts';
import { stepsOf } from '../../domain/playbook/playbook.ts';
import type { RunRequest } from '../../domain/run/requests.ts';
import { verify } from '../../playbooks/verify.ts';
import { aSituation } from './a-situation.ts';

async function inputs(request: Partial<NonNullable<RunRequest['verify']>> = {}, point?: string) {
  const situation = { ...(await aSituation('verify')), request: { verify: { all: false, ...request } } };
  return stepsOf(verify({ ...situation, ...(point ? { point } : {}) })).map(({ kind, input }) => ({ kind, ...input }));
}

describe('a verification', () => {
  it('looks at the newest point where nothing was named, at every location, the nearest first', async () => {
    expect(await inputs()).toEqual([
      {
        kind: 'verifyPoints',
        service: 'spacetime',
        points: 'newest',
        locations: ['company-backups', 'company-backups-dr'],
      },
    ]);
  });

  it('takes a point, every point, a rotation and locations from what it is asked for', async () => {
    expect(await inputs({}, '20260102_020000')).toMatchObject([{ points: '20260102_020000' }]);
    const asked = { all: true, days: 30, locations: ['company-backups-dr'] };
    expect(await inputs(asked)).toMatchObject([
      { points: 'all', days: 30, only: ['company-backups-dr'] },
      { kind: 'bringAudit', locations: ['company-backups', 'company-backups-dr'] },
    ]);
  });

  it('fills a location that was lost before it looks at it', async () => {
    expect(await inputs({ reseed: 'company-backups' })).toMatchObject([
      { kind: 'reseedLocation', to: 'company-backups', from: ['company-backups-dr'] },
      { kind: 'verifyPoints', points: 'all', only: ['company-backups'] },
      { kind: 'bringAudit' },
    ]);
  });

  it('looks at the shipped logs too, where Muster keeps them', async () => {
    const situation = { ...(await aSituation('verify')), request: { verify: { all: true } } };
    const shop = { name: 'shop', driver: 'mariadb', host: 'db', rank: 1, database: 'shop', binlogs: true };
    const components = [...situation.plan.components, componentSchema.parse(shop)];
    const steps = stepsOf(verify({ ...situation, plan: { ...situation.plan, components } }));
    expect(steps.map(({ kind }) => kind)).toEqual(['verifyLogs', 'verifyPoints', 'bringAudit']);
    expect(steps[0]?.input).toMatchObject({ components: ['shop'], points: 'all' });
  });

  it('refuses a location that the plan does not have', async () => {
    await expect(inputs({ reseed: 'nowhere' })).rejects.toMatchObject({ type: 'LocationUnknown' });
    await expect(inputs({ locations: ['nowhere'] })).rejects.toMatchObject({ type: 'LocationUnknown' });
  });
});
