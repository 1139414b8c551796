/** Switchover and failback as playbooks: their order, and what stands before the point of no return. */
import { describe, expect, it } from 'vitest';
import { type Playbook, type Step, stepsOf } from '../../domain/playbook/playbook.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

const compile = async (procedure: 'switchover' | 'failback') => compilers[procedure](await aSituation(procedure));
const ids = (playbook: Playbook) => stepsOf(playbook).map(({ id }) => id);
const step = (playbook: Playbook, id: string) => stepsOf(playbook).find((each) => each.id === id) as Step;

describe.each(['switchover', 'failback'] as const)('the playbook of a %s', (procedure) => {
  const from = procedure === 'failback' ? 'us-west-2' : 'us-east-1';

  it('stops the writers only when all that is slow and harmless was done', async () => {
    const order = ids(await compile(procedure));
    const at = (id: string) => order.indexOf(id);
    expect(at('check-host-db')).toBeGreaterThan(-1);
    for (const id of ['check-host-db', 'commit-point-advance', 'prepare-point-final'])
      expect(at(id), id).toBeLessThan(at(`stop-service-${from}`));
    expect(at(`no-sessions-database-${from}`)).toBeGreaterThan(at(`stop-service-${from}`));
    expect(at('capture-database-final')).toBeGreaterThan(at(`no-sessions-database-${from}`));
  });

  it('restores the point that this run commits, and starts nothing that is not proven', async () => {
    const playbook = await compile(procedure);
    expect(step(playbook, 'restore-database')).toMatchObject({
      input: { point: { committedBy: 'commit-point-final' } },
      needs: ['commit-point-final'],
    });
    const order = ids(playbook);
    for (const { name } of (await aSituation(procedure)).plan.components) {
      expect(step(playbook, `prove-${name}`).needs).toEqual(['commit-point-final', `note-${name}-${from}`]);
      expect(order.indexOf(`prove-${name}`)).toBeLessThan(order.indexOf('start-service'));
      expect(order.indexOf(`still-${name}-${from}`)).toBeLessThan(order.indexOf('start-service'));
    }
  });

  it('puts back by itself, the service and the name first, and asks no dead site for hours', async () => {
    const playbook = await compile(procedure);
    expect(playbook.onFailure).toBe('putBack');
    expect(playbook.steady?.map(({ kind }) => kind)).toEqual(['checkHealth', 'awaitResolution']);
    const first = stepsOf(playbook).filter(({ putBack }) => putBack === 'first');
    expect(first.map(({ kind }) => kind)).toEqual(['withdrawName', 'stopService']);
    const end = playbook.items.findIndex(({ type }) => type === 'pointOfNoReturn');
    for (const [index, item] of playbook.items.entries()) {
      for (const each of item.type === 'stage' ? item.ranks.flat() : [])
        if (each.kind !== 'copyPoint') expect(each.limits.attempts, each.id).toBe(index < end ? 3 : undefined);
    }
  });

  it('needs the source for nothing more once the target takes writes: neither its lease, nor its location for hours', async () => {
    const playbook = await compile(procedure);
    const lease = procedure === 'failback' ? 'company-backups' : 'company-backups-dr';
    expect(playbook.items.find(({ type }) => type === 'pointOfNoReturn')).toMatchObject({ lease });
    const copies = stepsOf(playbook).filter(({ id }) => /^copy-to-.*-after$/.test(id));
    expect(copies.map(({ limits, required }) => [limits.attempts, required])).toEqual([[6, false]]);
  });

  it('moves the names after the point of no return, and ends with a recovery point elsewhere or with a risk by name', async () => {
    const { items } = await compile(procedure);
    const titles = items.map(({ title }) => title);
    const end = items.findIndex(({ type }) => type === 'pointOfNoReturn');
    expect(titles.indexOf('Cut traffic over')).toBe(end + 1);
    expect(items.find((item) => item.type === 'gate' && item.risk === 'redundancy-not-restored')).toBeDefined();
  });
});

describe('a failback', () => {
  it('saves what the old primary held before anything is overwritten there, and keeps it from retention', async () => {
    const playbook = await compile('failback');
    const order = ids(playbook);
    expect(step(playbook, 'commit-point-divergent')).toMatchObject({
      required: false,
      input: { label: 'divergent', role: 'standby', site: 'us-east-1' },
    });
    expect(step(playbook, 'keep-divergent').input).toMatchObject({
      pinned: true,
      point: { committedBy: 'commit-point-divergent' },
    });
    expect(order.indexOf('commit-point-divergent')).toBeLessThan(order.indexOf('restore-database'));
    const gates = playbook.items.flatMap((item) => (item.type === 'gate' ? [item.risk] : []));
    expect(gates).toContain('divergent-writes-lost');
  });

  it('stands the hosts of the other site down last, after the watch, and asks home before', async () => {
    const playbook = await compile('failback');
    const down = stepsOf(playbook).filter(({ kind }) => kind === 'standDown');
    expect(down.map(({ id }) => id)).toEqual(['stand-down-app', 'stand-down-db']);
    for (const each of down) {
      expect(each.needs).toEqual(['watch']);
      expect(each.input).toMatchObject({
        region: 'us-west-2',
        serving: 'us-east-1',
        urls: ['http://10.77.1.10:8080/status'],
      });
    }
    expect(playbook.items.at(-1)).toMatchObject({ type: 'stage', title: 'Stand us-west-2 down' });
    expect(stepsOf(await compile('switchover')).filter(({ kind }) => kind === 'standDown')).toEqual([]);
  });
});
