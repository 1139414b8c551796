/** Databases whose standby streams: promoted by a failover where they can be, restored where not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { stepDefinitions } from '../../activities/registry.ts';
import { componentSchema } from '../../domain/plan-component.ts';
import { isReplica } from '../../domain/plan-standby.ts';
import { type Playbook, playbookSchema, stepsOf } from '../../domain/playbook.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { failover } from '../../playbooks/failover.ts';
import { replicaStepsFor } from '../../playbooks/replica-steps.ts';
import { aSituation } from './a-situation.ts';

const standby = {
  strategy: 'replica',
  dataDirectory: '/var/lib/postgresql/15/main',
  start: 'systemctl start postgresql',
  stop: 'systemctl stop postgresql',
  user: 'replicator',
  password: { env: 'REPLICATION' },
  slot: 'spacetime',
};

async function situation(usable: boolean): Promise<Situation> {
  const plain = await aSituation('failover', { replicas: [{ component: 'database', usable }] });
  const components = plain.plan.components.map((each) =>
    each.name === 'database' ? componentSchema.parse({ ...each, standby }) : each,
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

it('a planned move promotes only with the proof of its own demotion, and ends with a standby again', async () => {
  const given = { ...(await situation(false)), procedure: 'switchover' as Situation['procedure'] };
  expect(given.plan.components.filter(isReplica)).toHaveLength(1);
  const steps = replicaStepsFor(given, 'us-east-1', 'us-west-2');
  const demotions = steps.demote();
  expect(demotions[0]).toMatchObject({
    undoable: true,
    input: { host: { site: 'us-east-1' }, peer: { site: 'us-west-2' } },
  });
  const [promotion] = steps.promote(demotions);
  expect(promotion).toMatchObject({ needs: ['demote-database'], undoable: true, input: { proof: 'demoted' } });
  expect(steps.caughtUp()[0]?.input).toMatchObject({ host: { site: 'us-west-2' }, peer: { site: 'us-east-1' } });
  expect(steps.reattach()[0]?.input).toMatchObject({ host: { site: 'us-east-1' }, peer: { site: 'us-west-2' } });
  expect(steps.rest().plan.components.map(({ name }) => name)).not.toContain('database');
});
