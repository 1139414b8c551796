/** A component restored ahead at a standby: real stores, a real host, a name that Route 53 (moto) says where it leads. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { releaseLease, takeLease } from '../../../activities/lease/take.ts';
import { syncComponent } from '../../../activities/standby/sync-component.ts';
import { lookAtWarm } from '../../../activities/standby/warm-copy.ts';
import type { Ahead } from '../../../domain/databases/warm-copy.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { seedZones } from '../../../lab/aws/seed-zones.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

const name = 'spacetime-api.company.com';
const component = {
  ...filesComponent('tree', ['/srv/app/data', '/srv/app/settings']),
  standby: { strategy: 'warm', maximumAge: 86_400_000 },
} as Component;
/** Lies in the other one, and is restored by a step of its own. */
const inner = { ...filesComponent('inner', ['/srv/app/data/deep/two']), standby: component.standby } as Component;
let aws: Aws;
let world: World;
let source: TestHost;
let first: { id: string; sha256: string };
let second: { id: string; sha256: string };
let count = 0;
let host: TestHost;

beforeAll(async () => {
  [aws, world] = await Promise.all([startAws(), makeWorld([component, inner])]);
  const balancers = { 'primary-lb-us-east-1.amazonaws.com': '127.0.1.10' };
  const target = 'primary-lb-us-east-1.amazonaws.com';
  const zones = await seedZones(aws.route53(), { balancers, target, address: '127.0.1.10' });
  const alias = (to: string) => ({ alias: { zone: zones.balancers, name: to, evaluateTargetHealth: false } });
  const sites = { east: alias(target), west: alias('dr-lb-us-west-2.amazonaws.com') };
  const [record] = world.plan.traffic.records;
  Object.assign(world.plan.traffic, {
    zone: zones.service,
    records: [{ ...record, name, sites, withdrawn: undefined }],
  });
  source = await world.host('source');
  await source.sh(
    'mkdir -p /srv/app/data/deep && echo one >/srv/app/data/one && echo two >/srv/app/data/deep/two && echo s >/srv/app/settings',
  );
  first = pointOf(await world.backup(source, '20260102_031500'));
  await source.sh('echo newer >/srv/app/data/one');
  second = pointOf(await world.backup(source, '20260102_041500'));
}, 180_000);
afterAll(() => Promise.all([world?.end(), aws?.stop()]));
beforeEach(async () => {
  host = await world.host(`standby-${++count}`);
});

const pointOf = (made: { point: string; sha256: string }) => ({ id: made.point, sha256: made.sha256 });
const inputFor = (point: { id: string; sha256: string }, site = 'west') =>
  syncComponent.input.parse({
    service: 'spacetime',
    point,
    component,
    host: host.host,
    site,
    locations: ['far', 'near'],
  });
const context = (run = newRun()) => world.context({ run, step: 'sync-tree', route53: async () => aws.route53() }, host);
const sync = async (point: { id: string; sha256: string }, run = newRun()) =>
  await syncComponent.run(inputFor(point), await context(run));
const look = () => lookAtWarm(host.executor(), 'tree');

async function restore(point: { id: string; sha256: string }, told: { ahead?: Ahead } = { ahead: 'unknown' }) {
  const input = restoreComponent.input.parse({ ...inputFor(point), ...told });
  const given = await world.context({ run: newRun(), step: 'restore-tree' }, host);
  return { check: await restoreComponent.check?.(input, given), ran: await restoreComponent.run(input, given) };
}

describe('a warm copy', () => {
  it('is laid out, compared and marked; a second sync fetches nothing', async () => {
    expect(await sync(first)).toMatchObject({ outcome: 'restored ahead', kept: [], point: first.id });
    expect(await host.sh('cat /srv/app/data/one')).toBe('one\n');
    expect(await look()).toMatchObject({ changed: 0, mark: { ...{ point: first.id, sha256: first.sha256 } } });
    expect((await look()).mark?.verified).toMatch(/^\d+ compared with the index$/);
    const before = await host.sh('stat -c %i:%z /srv/app/data /srv/app/data/one');
    expect(await sync(first)).toMatchObject({ outcome: 'stands there already' });
    expect(await host.sh('stat -c %i:%z /srv/app/data /srv/app/data/one')).toBe(before);
  });

  it('gives way to that of a newer point, and leaves nothing of the old one behind', async () => {
    await sync(first);
    expect(await sync(second)).toMatchObject({ outcome: 'restored ahead', kept: [] });
    expect(await host.sh('cat /srv/app/data/one')).toBe('newer\n');
    expect((await host.sh('ls -A /srv/app')).trim().split('\n')).toEqual(['data', 'settings']);
    expect((await look()).mark?.point).toBe(second.id);
  });

  it('that somebody changed is kept aside, never removed', async () => {
    await sync(first);
    await host.sh('echo mine >/srv/app/data/deep/two; touch -d @0 /srv/app/data/deep/two');
    expect((await look()).changed).toBe(1);
    const run = newRun();
    const { kept, outcome } = await sync(second, run);
    expect(kept).toEqual([`/srv/app/data.before-${run}`]);
    expect(outcome).toMatch(/changed by somebody, and is kept/);
    expect(await host.sh(`cat /srv/app/data.before-${run}/deep/two`)).toBe('mine\n');
    expect((await host.sh('ls -A /srv/app')).trim().split('\n')).toEqual(['data', `data.before-${run}`, 'settings']);
  });

  it('is put back with its mark where the sync after it fails', async () => {
    await sync(first);
    const run = newRun();
    const wanting = {
      ...inputFor(second),
      component: { ...component, expected: ['/srv/app/absent'] } as typeof component,
    };
    await expect(syncComponent.run(wanting, await context(run))).rejects.toMatchObject({ type: 'ExpectedMissing' });
    expect(await look()).toEqual({ changed: 0 });
    await syncComponent.undo?.(wanting, null, await context(run));
    expect(await host.sh('cat /srv/app/data/one')).toBe('one\n');
    expect(await look()).toMatchObject({ changed: 0, mark: { point: first.id } });
    expect((await host.sh('ls -A /srv/app')).trim().split('\n')).toEqual(['data', 'settings']);
  });

  it('stays where a sync is put back that was through with it', async () => {
    const run = newRun();
    await sync(first);
    await sync(second, run);
    await syncComponent.undo?.(inputFor(second), null, await context(run));
    expect(await host.sh('cat /srv/app/data/one')).toBe('newer\n');
    expect(await look()).toMatchObject({ changed: 0, mark: { point: second.id } });
  });
});

describe('a component that lies in another', () => {
  /** As a sync does: the inner one first, as it has the lower rank. */
  async function syncBoth(point: { id: string; sha256: string }, run = newRun()) {
    const within = { ...inputFor(point), component: inner };
    const around = { ...inputFor(point), apart: ['/srv/app/data/deep/two'] };
    const given = await context(run);
    return [await syncComponent.run(within, { ...given, step: 'sync-inner' }), await syncComponent.run(around, given)];
  }
  const lookAtBoth = async () => [await lookAtWarm(host.executor(), 'inner'), await look()];
  const list = async () => (await host.sh('cd /srv/app && find . -name "*.before-*" | sort')).trim();

  it('is restored beside it again and again, and nothing is left behind', async () => {
    await syncBoth(first);
    expect(await list()).toBe('');
    expect(await lookAtBoth()).toMatchObject([first, first].map(({ id }) => ({ changed: 0, mark: { point: id } })));
    expect((await syncBoth(second)).map(({ kept }) => kept)).toEqual([[], []]);
    expect(await list()).toBe('');
    expect(await lookAtBoth()).toMatchObject([second, second].map(({ id }) => ({ changed: 0, mark: { point: id } })));
  });

  it('leaves the copy around it as it is when a failover restores it; anything else that differs does not', async () => {
    await syncBoth(first);
    const input = restoreComponent.input.parse({ ...inputFor(first), component: inner });
    await restoreComponent.run(input, await world.context({ run: newRun(), step: 'restore-inner' }, host));
    expect(await look()).toMatchObject({ changed: 0 });
    await host.sh('echo mine >/srv/app/data/deep/three');
    expect(await look()).toMatchObject({ changed: 1 });
  });

  it('that somebody changed is kept, and the tree with it', async () => {
    await syncBoth(first);
    await host.sh('echo mine >/srv/app/data/deep/two');
    const run = newRun();
    const [, around] = await syncBoth(second, run);
    expect(around?.kept).toEqual([`/srv/app/data.before-${run}`]);
    expect(await host.sh(`cat /srv/app/data.before-${run}/deep/two.before-${run}`)).toBe('mine\n');
  });

  it('does not take with it what stood there before the first sync', async () => {
    await host.sh('mkdir -p /srv/app/data/deep && echo mine >/srv/app/data/mine');
    const run = newRun();
    const [, around] = await syncBoth(first, run);
    expect(around).toMatchObject({ kept: [`/srv/app/data.before-${run}`], outcome: expect.stringMatching(/is kept$/) });
    expect(await host.sh(`cat /srv/app/data.before-${run}/mine`)).toBe('mine\n');
  });
});

describe('a failover', () => {
  it('fetches nothing where the copy is of its point, also while no store answers', async () => {
    await sync(second);
    const input = restoreComponent.input.parse({ ...inputFor(second), ahead: 'same' });
    const silent = await world.context(
      { run: newRun(), step: 'restore-tree', store: () => Promise.reject(new Error('no store answers')) },
      host,
    );
    expect(await restoreComponent.check?.(input, silent)).toEqual({
      state: 'done',
      what: 'stands there, restored ahead',
    });
    const mark = (await look()).mark;
    expect(await restoreComponent.run(input, silent)).toMatchObject({
      outcome: `stood there, restored ahead at ${mark?.at}`,
      takenAt: mark?.takenAt,
      kept: [],
    });
  });

  it('restores all of it where the copy is of another point, was changed, or is none', async () => {
    await sync(first);
    expect(await restore(second)).toMatchObject({ check: { state: 'ready' }, ran: { outcome: 'restored' } });
    expect(await host.sh('cat /srv/app/data/one')).toBe('newer\n');
    host = await world.host(`standby-${++count}`);
    await sync(second);
    await writeFile(join(host.srv, 'app/settings'), 'x\n');
    expect(await restore(second)).toMatchObject({ check: { state: 'ready' }, ran: { outcome: 'restored' } });
    expect(await readFile(join(host.srv, 'app/settings'), 'utf8')).toBe('s\n');
    host = await world.host(`standby-${++count}`);
    expect(await restore(second)).toMatchObject({ ran: { outcome: 'restored' } });
  });
});

describe('a sync stands aside', () => {
  it('at the site that serves', async () => {
    await expect(syncComponent.run(inputFor(first, 'east'), await context())).rejects.toMatchObject({
      type: 'ServesThere',
    });
    expect((await host.sh('ls -A /srv')).trim()).toBe('');
  });

  // While a sync is at work there is no mark: an assessment finds no copy then, and the restore is told of none.
  it.each([
    ['of a copy', { ahead: 'unknown' }],
    ['of none', {}],
  ] as const)(
    'for a recovery that begins in the middle: its job ends, and a restore that is told %s gets the lock',
    async (_what, told) => {
      const slow = { ...component, afterRestore: ['sleep 300'] } as typeof component;
      const syncing = syncComponent.run({ ...inputFor(first), component: slow }, await context());
      syncing.catch(() => {});
      const lock = '/var/lib/muster/locks/component-tree/owner';
      await vi.waitUntil(
        async () => (await host.sh(`cat ${lock} 2>/dev/null; ls -A /srv/app || :`)).includes('settings'),
        {
          timeout: 20_000,
        },
      );
      const store = world.stores.far as NonNullable<World['stores'][string]>;
      const taken = { service: 'spacetime', run: 'failover-0', procedure: 'failover', holder: 'Kim', term: 60_000 };
      const { generation } = await takeLease(store, taken);
      const { ran } = await restore(second, told);
      expect(ran.outcome).toBe('restored');
      await expect(syncing).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
      expect(await host.sh('cat /srv/app/data/one')).toBe('newer\n');
      expect(await look()).toEqual({ changed: 0 });
      await releaseLease(store, { service: 'spacetime', run: 'failover-0', generation });
    },
    60_000,
  );

  // The job goes on without its worker; the next attempt, or what is put back, is the first to see the recovery.
  it.each(['attempt', 'undo'] as const)(
    'for a recovery that began while no worker was left: the next %s ends the job',
    async (next) => {
      const run = newRun();
      const slow = { ...inputFor(first), component: { ...component, afterRestore: ['sleep 300'] } as typeof component };
      const dying = new AbortController();
      const syncing = syncComponent.run(slow, { ...(await context(run)), signal: dying.signal });
      syncing.catch(() => {});
      const lock = '/var/lib/muster/locks/component-tree/owner';
      const working = async () => (await host.sh(`cat ${lock} 2>/dev/null; ls -A /srv/app || :`)).includes('settings');
      await vi.waitUntil(working, { timeout: 20_000 });
      dying.abort(new Error('WORKER_SHUTDOWN'));
      await expect(syncing).rejects.toThrow();
      expect(await host.sh(`cat ${lock}`)).toContain('sync-tree.restore');
      const store = world.stores.far as NonNullable<World['stores'][string]>;
      const taken = { service: 'spacetime', run: 'failover-2', procedure: 'failover', holder: 'Kim', term: 60_000 };
      const { generation } = await takeLease(store, taken);
      try {
        const again = { ...(await context(run)), attempt: 2 };
        if (next === 'attempt')
          await expect(syncComponent.run(slow, again)).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
        else
          expect(await syncComponent.undo?.(slow, null, again)).toMatchObject({
            outcome: expect.stringMatching(/^left as it is/),
          });
        expect(await host.sh(`cat ${lock} 2>/dev/null || :`)).toBe('');
      } finally {
        await releaseLease(store, { service: 'spacetime', run: 'failover-2', generation });
      }
    },
    60_000,
  );

  it('while a recovery holds the lease, and leaves to it what stands there', async () => {
    const run = newRun();
    await sync(first, run);
    const store = world.stores.far as NonNullable<World['stores'][string]>;
    await takeLease(store, {
      service: 'spacetime',
      run: 'failover-1',
      procedure: 'failover',
      holder: 'Kim',
      term: 60_000,
    });
    await expect(sync(second)).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
    expect(await syncComponent.undo?.(inputFor(first), null, await context(run))).toMatchObject({
      outcome: expect.stringMatching(/^left as it is: The lease/),
    });
    expect(await host.sh('cat /srv/app/data/one')).toBe('one\n');
  });
});
