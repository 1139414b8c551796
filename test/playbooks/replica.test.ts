/** Databases whose standby streams: promoted by a failover where they can be, restored where not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { stepDefinitions } from '../../activities/registry.ts';
import { componentSchema } from '../../domain/plan/component.ts';
import { type Playbook, playbookSchema, stepsOf } from '../../domain/playbook/playbook.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { failover } from '../../playbooks/failover.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation, streaming } from './a-situation.ts';

async function situation(usable: boolean): Promise<Situation> {
  const plain = await aSituation('failover', { replicas: [{ component: 'database', usable }] });
  const components = plain.plan.components.map((each) =>
    each.name === 'database' ? componentSchema.parse({ ...each, standby: streaming }) : each,
  );
  return { ...plain, plan: { ...plain.plan, components } };
}
const compile = (given: Situation) => playbookSchema.parse(failover(given));
const idsOf = (playbook: Playbook) => stepsOf(playbook).map(({ id }) => id);
const place = (playbook: Playbook, title: string) => playbook.items.findIndex((item) => item.title === title);

describe('a failover with a standby that streams', () => {
  let playbook: Playbook;
  beforeAll(async () => {
    playbook = compile(await situation(true));
  });

  it('promotes it behind the gate of the fence and before the service starts, and restores everything else', () => {
    const ids = idsOf(playbook);
    expect(ids).toContain('promote-database');
    expect(ids).toContain('restore-application');
    expect(ids.filter((id) => /^(restore|check-data|open)-database/.test(id))).toEqual([]);
    const promotion = place(playbook, 'Promote the standbys');
    expect(promotion).toBeGreaterThan(place(playbook, 'The lost site is fenced, or someone accepted that it is not'));
    expect(promotion).toBeLessThan(place(playbook, 'Start the service'));
    const step = stepsOf(playbook).find(({ id }) => id === 'promote-database');
    expect(step?.input).toMatchObject({ proof: 'failover', host: { site: 'us-west-2' } });
    expect(step?.queue).toBe('muster-us-west-2');
    const backup = stepsOf(playbook).filter(({ id }) => id.endsWith('-after'));
    expect(backup.map(({ id, required }) => `${id} ${required}`)).toEqual([
      'prepare-point-after false',
      'capture-database-after false',
      'commit-point-after false',
    ]);
    expect(place(playbook, 'Back up what was promoted')).toBeGreaterThan(place(playbook, 'See it from outside'));
  });

  it('restores it where it cannot be promoted, or an older state was asked for, opened first', async () => {
    const usable = await situation(true);
    for (const given of [await situation(false), { ...usable, point: '20260102_020000' }]) {
      const other = compile(given);
      expect(idsOf(other)).toEqual(
        expect.arrayContaining(['open-database', 'restore-database', 'check-data-database']),
      );
      expect(idsOf(other)).not.toContain('promote-database');
      expect(place(other, 'Open the standbys that are restored over')).toBeLessThan(place(other, 'Restore the data'));
    }
  });

  it('is what it was for plans without one', async () => {
    expect(idsOf(compile(await aSituation('failover'))).join()).not.toMatch(/promote|open-|replica/);
  });

  it('hides the password and shows the commands', () => {
    const step = stepsOf(playbook).find(({ id }) => id === 'promote-database');
    const definition = stepDefinitions.find(({ kind }) => kind === 'promoteDatabase');
    const input = definition?.input.parse(step?.input);
    expect(definition?.shell(input).join('\n')).toContain('SELECT pg_promote()');
    expect(JSON.stringify(playbook)).toContain('"password":{"env":"REPLICATION"}');
  });
});

describe.each(['switchover', 'failback'] as const)(
  'a %s with a standby that streams and files restored ahead',
  (procedure) => {
    let playbook: Playbook;
    let from: string;
    let to: string;
    const step = (id: string) => stepsOf(playbook).find((each) => each.id === id);
    const ranks = () => playbook.items.flatMap((item) => (item.type === 'stage' ? item.ranks : []));
    const rankOf = (id: string) => ranks().findIndex((rank) => rank.some((each) => each.id === id));
    beforeAll(async () => {
      const given = await planned(procedure);
      ({ from, to } = given.assessment);
      playbook = playbookSchema.parse(compilers[procedure](given));
    });

    it('demotes behind the stop of all writers and promotes only with that proof', () => {
      expect(rankOf('await-replica-database')).toBeLessThan(rankOf(`stop-service-${from}`));
      expect(rankOf('demote-database')).toBe(rankOf(`stop-service-${from}`) + 1);
      expect(rankOf('promote-database')).toBe(rankOf('demote-database') + 1);
      expect(rankOf('promote-database')).toBeLessThan(rankOf('start-service'));
      expect(step('demote-database')).toMatchObject({
        undoable: true,
        putBack: 'first',
        input: { host: { site: from }, peer: { site: to } },
      });
      expect(step('promote-database')).toMatchObject({
        needs: ['demote-database'],
        undoable: true,
        putBack: 'first',
        input: { proof: 'demoted', host: { site: to } },
      });
    });

    it('restores nothing while users wait, and proves that what was restored ahead is the same still', () => {
      const restored = ranks().flatMap((rank, index) =>
        rank.some(({ kind }) => kind === 'restoreComponent') ? [index] : [],
      );
      expect(Math.max(...restored)).toBeLessThan(rankOf(`stop-service-${from}`));
      expect(step('restore-application')?.input.point).toEqual({ committedBy: 'commit-point-advance' });
      expect(step('prove-application')).toMatchObject({ needs: ['commit-point-advance', `note-application-${from}`] });
      expect(rankOf(`note-application-${from}`)).toBeGreaterThan(rankOf(`stop-service-${from}`));
      expect(rankOf('prove-application')).toBe(rankOf('promote-database'));
      expect(step('capture-database-final')).toBeUndefined();
    });

    it('ends with a standby at the site that was left, whose host stays on', () => {
      const order = stepsOf(playbook).map(({ id }) => id);
      expect(step('reattach-database')).toMatchObject({
        required: true,
        input: { host: { site: from }, peer: { site: to } },
      });
      expect(order.indexOf('reattach-database')).toBeGreaterThan(order.indexOf('see-from-outside'));
      expect(order).not.toContain('stand-down-db');
      expect(order.includes('stand-down-app')).toBe(procedure === 'failback');
    });
  },
);

it('only what the plan calls warm or a replica leaves the final recovery point', async () => {
  const given = await planned('switchover');
  const components = given.plan.components.map((each) =>
    each.name === 'logs' ? { ...each, standby: undefined } : each,
  );
  const playbook = playbookSchema.parse(compilers.switchover({ ...given, plan: { ...given.plan, components } }));
  const ids = idsOf(playbook);
  expect(ids.filter((id) => id.startsWith('capture-') && id.endsWith('-final'))).toEqual(['capture-logs-final']);
  expect(ids).toEqual(
    expect.arrayContaining(['prove-logs', 'prove-application', 'promote-database', 'commit-point-final']),
  );
});

it('a failback restores nothing ahead, and makes no standby, before what stands there is saved or given up', async () => {
  const { items } = compilers.failback(await planned('failback', false));
  const saved = items.findIndex((item) => item.type === 'gate' && item.risk === 'divergent-writes-lost');
  const has = (kind: string) =>
    items.findIndex((item) => item.type === 'stage' && item.ranks.flat().some((each) => each.kind === kind));
  expect(saved).toBeGreaterThan(-1);
  expect(has('restoreComponent')).toBeGreaterThan(saved);
  expect(has('reattachReplica')).toBeGreaterThan(saved);
});

it('a failback saves what the old primary holds on its own, and nothing of a standby that streams', async () => {
  const captured = async (usable: boolean) => {
    const given = await planned('failback', usable);
    return idsOf(compilers.failback(given)).includes('capture-database-divergent');
  };
  expect([await captured(true), await captured(false)]).toEqual([false, true]);
});

async function planned(procedure: 'switchover' | 'failback', usable = true): Promise<Situation> {
  const plain = await aSituation(procedure, { replicas: [{ component: 'database', usable }] });
  const components = plain.plan.components.map((each) =>
    each.driver === 'postgresql'
      ? componentSchema.parse({ ...each, standby: streaming })
      : { ...each, standby: { strategy: 'warm' as const, maximumAge: 86_400_000 } },
  );
  return { ...plain, plan: { ...plain.plan, components } };
}
