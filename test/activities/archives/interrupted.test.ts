/** A worker that dies attaches again; a host that goes down goes on where it was. Nothing is uploaded or fetched twice. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { captureComponent } from '../../../activities/archives/capture-component.ts';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { copyPoint } from '../../../activities/points/copy-point.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { describeTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

const run = promisify(execFile);
let world: World;
let source: TestHost;
let before: string;
let point: { id: string; sha256: string };
const component = filesComponent('tree', ['/srv/app/data']);

beforeAll(async () => {
  world = await makeWorld([component]);
  source = await world.host('app');
  // Eight archives, so that there is a middle.
  const make = `mkdir -p "$1"; cd "$1"; for i in 1 2 3 4 5 6 7 8; do mkdir d$i; head -c 40000000 /dev/urandom > d$i/f; done`;
  await run('bash', ['-c', make, 'sh', join(source.srv, 'app/data')]);
  before = await describeTree(join(source.srv, 'app/data'));
  const made = await world.backup(source);
  point = { id: made.point, sha256: made.sha256 };
}, 120_000);
afterAll(() => world?.end());

/** Counts what goes over the wire by part: URLs are asked for by key. */
let asked: string[];
beforeEach(() => {
  asked = [];
});

function counting(store: ObjectStore): ObjectStore {
  return {
    ...store,
    presignPut: (key, seconds) => {
      asked.push(key);
      return store.presignPut(key, seconds);
    },
  };
}

describe('an interrupted capture', () => {
  it('is found again by the next worker, and every part is put once', async () => {
    const prepare = await preparePoint.run(
      { service: 'spacetime', point: '20260104_000000', locations: ['near'] },
      await world.context({}),
    );
    const runId = newRun();
    const input = {
      service: 'spacetime',
      point: prepare.point,
      component: component as Component,
      host: source.host,
      location: 'near',
    };
    const worker = async (signal: AbortSignal, watch: (text: string) => void) =>
      captureComponent.run(
        input,
        await world.context(
          {
            run: runId,
            step: 'capture',
            outputs: { prepare },
            signal,
            store: async () => counting(world.stores.near as ObjectStore),
            heartbeat: (progress) => watch(JSON.stringify(progress)),
          },
          source,
        ),
      );
    const first = new AbortController();
    const dead = worker(first.signal, (text) => {
      // In the middle: some archives are done, others are not.
      const done = Number(/"done":0?(\.\d+)/.exec(text)?.[1] ?? 0);
      if (done > 0.1 && done < 0.9) first.abort(new Error('WORKER_SHUTDOWN'));
    });
    await expect(dead).rejects.toThrow();
    const captured = await worker(new AbortController().signal, () => {});
    expect(captured.entries).toBe(19);
    const prefix = `spacetime/archives/${prepare.point}/tree/`;
    const keys: string[] = [];
    for await (const { key } of (world.stores.near as ObjectStore).list(prefix)) keys.push(key);
    const archives = keys.map((key) => key.slice(prefix.length).split('-')[0]);
    expect(new Set(archives).size).toBe(archives.length);
    expect((await source.sh(`ls /var/lib/muster/jobs/${runId}/capture/1`)).trim()).toBe('1');
  });
});

describe('an interrupted restore', () => {
  it('goes on after a reboot without unpacking finished archives again', async () => {
    const target = await world.host('target');
    const runId = newRun();
    const input = {
      service: 'spacetime',
      point,
      component: component as Component,
      host: target.host,
      site: 'west',
      locations: ['far', 'near'],
    };
    const jobs = `/var/lib/muster/jobs/${runId}/restore/1`;
    // A reboot in the middle: at the fifth archive every process of the job is gone at once; the disk stays.
    await mkdir(join(target.srv, 'sbin'));
    const tar = `#!/bin/bash
echo "$MUSTER_JOB" >>/srv/tars
if [ "$(wc -l </srv/tars)" -ge 5 ] && mkdir /srv/once 2>/dev/null; then
  ls /srv/.muster-tree-*/done >/srv/finished
  exec pkill -KILL -s "$(ps -o sid= -p $$ | tr -d ' ')"
fi
exec -a tar /usr/bin/tar "$@"
`;
    await writeFile(join(target.srv, 'sbin/tar'), tar, { mode: 0o755 });
    const context = await world.context({ run: runId, step: 'restore' }, target);
    const restored = await restoreComponent.run(input, context);
    expect(restored.outcome).toBe('restored');
    const finished = (await readFile(join(target.srv, 'finished'), 'utf8')).trim().split('\n').filter(Boolean);
    expect(finished.length).toBeGreaterThan(0);
    expect((await target.sh(`ls ${jobs}`)).trim().split('\n')).toEqual(['1', '2']);
    // What was finished was not unpacked again.
    const second = Number(await target.sh('grep -c "/2$" /srv/tars'));
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThanOrEqual(9 - finished.length);
    expect(await describeTree(join(target.srv, 'app/data'))).toBe(before);
    expect((await target.sh('ls -A /srv/app')).trim()).toBe('data');
  });
});

describe('an interrupted copy', () => {
  it('brings over only what is missing', async () => {
    const far = world.stores.far as ObjectStore;
    const prefix = `spacetime/archives/${point.id}/tree/`;
    const keys: string[] = [];
    for await (const { key } of far.list(prefix)) keys.push(key);
    const missing = [keys[0], keys[3], `spacetime/points/${point.id}/manifest.json`] as string[];
    for (const key of missing) await rm(join(world.far.data, 'far/muster', key));
    const copied = await copyPoint.run(
      { service: 'spacetime', point: point.id, from: 'near', to: 'far' },
      await world.context({}),
    );
    expect(copied.objects - copied.skipped).toBeLessThanOrEqual(2 + 2);
    for (const key of missing) {
      const [here, there] = await Promise.all([world.stores.near?.get(key), far.get(key)]);
      expect(there.body.equals(here?.body as Buffer)).toBe(true);
    }
  });
});
