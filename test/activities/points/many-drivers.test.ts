/** One point in S3, Azure, Google and a folder at once: the same everywhere, and restored from whichever is left. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureComponent } from '../../../activities/archives/capture-component.ts';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { commitPoint } from '../../../activities/points/commit-point.ts';
import { copyPoint } from '../../../activities/points/copy-point.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { refusal } from '../../../domain/errors.ts';
import { addStores, type MoreStores } from './more-stores.ts';
import { describeTree, makeNastyTree } from './nasty-tree.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from './world.ts';

const component = filesComponent('tree', ['/srv/app']);
const service = 'spacetime';

let world: World;
let more: MoreStores;
let source: TestHost;
let before: string;
beforeAll(async () => {
  world = await makeWorld([component]);
  more = await addStores(world);
  source = await world.host('app');
  await makeNastyTree(join(source.srv, 'app'));
  await mkdir(join(source.srv, 'app/many'));
  for (let n = 0; n < 50; n += 1) await writeFile(join(source.srv, `app/many/${n}`), `file ${n}\n`.repeat(n));
  before = await describeTree(join(source.srv, 'app'));
}, 120_000);
afterAll(async () => {
  await more?.end();
  await world?.end();
});

async function copy(point: string, from: string, to: string) {
  return await copyPoint.run({ service, point, from, to }, await world.context({ step: `copy-${to}` }));
}

async function restoreFrom(point: { id: string; sha256: string }, locations: string[], name: string): Promise<string> {
  const target = await world.host(name);
  const input = { service, point, component, host: target.host, site: 'west', locations };
  const answer = await restoreComponent.run(input, await world.context({ step: 'restore-tree' }, target));
  expect(answer.outcome).toMatch(/^restored/);
  return await describeTree(join(target.srv, 'app'));
}

/** Key to SHA-256 of all that belongs to a point, without the marks, which say where they were written. */
async function hashes(store: ObjectStore, point: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const under of [`${service}/archives/${point}/`, `${service}/points/${point}/`]) {
    for await (const { key } of store.list(under)) {
      // What one capture wrote is in the manifest, and stays where it was written.
      if (key.includes('/components/')) continue;
      found[key] = createHash('sha256')
        .update((await store.get(key)).body)
        .digest('hex');
    }
  }
  return found;
}

async function deletePoint(store: ObjectStore, point: string): Promise<void> {
  for (const key of Object.keys(await hashes(store, point))) await store.delete(key);
  expect(await hashes(store, point)).toEqual({});
}

describe('a recovery point at four kinds of locations', () => {
  it('has the same bytes everywhere, and comes back from the third when the first two have lost it', async () => {
    const { point, sha256 } = await world.backup(source, '20260102_031500');
    await copy(point, 'near', 'azure');
    await copy(point, 'azure', 'gcs');
    await copy(point, 'gcs', 'office');
    const there = await hashes(world.stores.near as ObjectStore, point);
    expect(Object.keys(there).length).toBeGreaterThan(8);
    for (const name of ['azure', 'gcs', 'office']) {
      expect(await hashes(world.stores[name] as ObjectStore, point), name).toEqual(there);
    }

    await deletePoint(world.stores.near as ObjectStore, point);
    await deletePoint(world.stores.azure as ObjectStore, point);
    expect(await restoreFrom({ id: point, sha256 }, ['near', 'azure', 'gcs'], 'from-gcs')).toBe(before);
    await deletePoint(world.stores.gcs as ObjectStore, point);
    expect(await restoreFrom({ id: point, sha256 }, ['near', 'azure', 'gcs', 'office'], 'from-office')).toBe(before);

    // A location that lost everything is seeded again from one that did not.
    await copy(point, 'office', 'azure');
    expect(await hashes(world.stores.azure as ObjectStore, point)).toEqual(there);
    expect(await restoreFrom({ id: point, sha256 }, ['azure'], 'from-azure')).toBe(before);
  });

  it.each([
    ['azure', '20260103_000000'],
    ['gcs', '20260104_000000'],
    ['office', '20260105_000000'],
  ])('is captured by a host straight to %s', async (location, id) => {
    const run = newRun();
    const outputs: Record<string, unknown> = {};
    const at = (step: string) => world.context({ run, step, outputs: { ...outputs } }, source);
    outputs.prepare = await preparePoint.run({ service, point: id, locations: [location] }, await at('prepare'));
    const input = { service, point: id, component, host: source.host, location, kind: 'full' as const };
    outputs['capture-tree'] = await captureComponent.run(input, await at('capture-tree'));
    const committed = await commitPoint.run(
      { service, point: id, site: 'east', label: 'test', location },
      await at('commit'),
    );
    const made = { id: committed.point, sha256: committed.manifestSha256 };
    expect(await restoreFrom(made, [location], `back-from-${location}`)).toBe(before);
  });
});

describe('a point that is wanted at more than two locations', () => {
  it('is replicated once all of them have it, for each copy says of its own two what it saw', async () => {
    const { copies } = world.plan;
    world.plan.copies = 4;
    try {
      const { point } = await world.backup(source, '20260108_000000');
      const seen = async () => {
        const options = { upTo: point, copies: 4 };
        const { points } = await findPoints(Object.values(world.stores), service, await world.signers(), options);
        return points.find(({ id }) => id === point);
      };
      await copy(point, 'near', 'azure');
      expect(await seen()).toMatchObject({ state: 'captured', enough: false });
      await copy(point, 'near', 'gcs');
      expect(await seen()).toMatchObject({ state: 'replicated', enough: true });
    } finally {
      world.plan.copies = copies;
    }
  });
});

describe('a location that cannot even be opened', () => {
  it('does not keep a point from coming back from another', async () => {
    const { point, sha256 } = await world.backup(source, '20260107_000000');
    const target = await world.host('from-what-is-left');
    const input = {
      service,
      point: { id: point, sha256 },
      component,
      host: target.host,
      site: 'west',
      locations: ['azure', 'far'],
    };
    const store = async (name: string) => {
      if (name === 'azure') throw refusal('SecretMissing', 'The key of azure is not here.', 'bring it.');
      return world.stores[name] as ObjectStore;
    };
    await restoreComponent.run(input, await world.context({ step: 'restore-tree', store }, target));
    expect(await describeTree(join(target.srv, 'app'))).toBe(await describeTree(join(source.srv, 'app')));
    const none = { ...input, locations: ['azure'] };
    await expect(
      restoreComponent.run(
        none,
        await world.context({ step: 'restore-tree', store }, await world.host('nothing-left')),
      ),
    ).rejects.toMatchObject({ type: 'SecretMissing' });
  });
});

describe('a copy that is killed in the middle', () => {
  it('goes on with what is missing, and sends no finished part again', async () => {
    // A file of more than 64 MiB has an archive of its own.
    await source.sh('for n in 1 2 3 4; do yes "big $n" | head -c 70000000 >/srv/app/big$n; done');
    const { point } = await world.backup(source, '20260106_000000');
    const target = world.stores.gcs as ObjectStore;
    const puts: string[] = [];
    const sent: Promise<unknown>[] = [];
    const stop = new AbortController();
    let left = 3;
    const counted: ObjectStore = {
      ...target,
      async put(key, body) {
        if (left === 0) {
          stop.abort(new Error('killed'));
          throw new Error('killed');
        }
        left -= 1;
        puts.push(key);
        const put = target.put(key, body);
        sent.push(put);
        return await put;
      },
    };
    const store = async (name: string) => (name === 'gcs' ? counted : (world.stores[name] as ObjectStore));
    const input = { service, point, from: 'near', to: 'gcs' };
    await expect(
      copyPoint.run(input, await world.context({ step: 'copy', store, signal: stop.signal })),
    ).rejects.toThrow('killed');
    expect(puts).toHaveLength(3);
    // What was under way at the kill arrives.
    await Promise.all(sent);
    expect(await target.head(`${service}/points/${point}/manifest.json`)).toBeUndefined();

    left = 1_000;
    const first = puts.splice(0);
    const answer = await copyPoint.run(input, await world.context({ step: 'copy', store }));
    expect(answer).toMatchObject({ outcome: 'replicated', skipped: 3 });
    expect(puts.filter((key) => first.includes(key))).toEqual([]);
    expect(await hashes(target, point)).toEqual(await hashes(world.stores.near as ObjectStore, point));
  });
});
