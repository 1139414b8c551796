/** An aborted restore: what stood there before is put back, wherever the restore had come to. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { describeTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

let world: World;
let point: { id: string; sha256: string };
const component = filesComponent('tree', ['/srv/app/data', '/srv/app/settings'], {
  afterRestore: ['echo called >>/srv/calls'],
});

beforeAll(async () => {
  world = await makeWorld([component]);
  const source = await world.host('source');
  await fill(source, 'of the recovery point');
  const made = await world.backup(source);
  point = { id: made.point, sha256: made.sha256 };
}, 120_000);
afterAll(() => world?.end());

async function fill(host: TestHost, text: string): Promise<void> {
  await mkdir(join(host.srv, 'app/data/deep'), { recursive: true });
  for (const name of ['data/one', 'data/deep/two', 'settings'])
    await writeFile(join(host.srv, 'app', name), `${name} ${text}\n`);
}

/** The time of the folder around is left out: it moves with every rename below it. */
const state = async (host: TestHost) =>
  (await describeTree(join(host.srv, 'app')))
    .split('\n')
    .map((line) => line.replace(/^(d \S+ \S+ \S+) \S+ (\S+ \. )/, '$1 $2'))
    .sort()
    .join('\n');

async function undo(host: TestHost, run: string) {
  const input = { service: 'spacetime', point, component, host: host.host, site: 'west', locations: ['far', 'near'] };
  const context = await world.context({ run, step: 'restore-tree' }, host);
  return (await restoreComponent.undo?.(input, null, context)) as { outcome: string };
}

it('puts back what was there, leaves nothing of its own, and a second time changes nothing', async () => {
  const host = await world.host('present');
  await fill(host, 'of today');
  const before = await state(host);
  const run = newRun();
  await world.restore(point, host, { run });
  expect(await host.sh('cat /srv/app/settings')).toContain('of the recovery point');
  expect((await undo(host, run)).outcome).toMatch(/^\/srv\/app\/settings, \/srv\/app\/data$|data, .*settings$/);
  expect(await state(host)).toBe(before);
  expect((await host.sh('cat /srv/calls')).split('\n').filter(Boolean)).toHaveLength(2);
  await host.sh(`rm -r /var/lib/muster/jobs/${run}/restore-tree?undo`);
  expect((await undo(host, run)).outcome).toBe('nothing had been switched in yet');
  expect(await state(host)).toBe(before);
  // And the same run may restore anew.
  await host.sh(`rm -r /var/lib/muster/jobs/${run}`);
  expect((await world.restore(point, host, { run })).tree?.outcome).toBe('restored');
});

it('leaves a bare host bare, its new folders too', async () => {
  const host = await world.host('bare');
  const run = newRun();
  await world.restore(point, host, { run });
  await undo(host, run);
  expect((await host.sh('ls -A /srv')).trim()).toBe('calls');
});

it('puts back a restore that ended between its two renames, whoever came to the place meanwhile', async () => {
  const host = await world.host('between');
  await fill(host, 'of today');
  const before = await state(host);
  const run = newRun();
  // As the power cut leaves it: noted, renamed away, the new one still staged.
  const stage = `/srv/app/.muster-tree-${point.id}-${run}`;
  const notes = `/var/lib/muster/restored/tree.${point.id}.${run}`;
  await host.sh(`mkdir -p ${stage}/tree/srv/app/data /var/lib/muster/restored
    printf '%s' ${stage} >${notes}.stage
    printf 'root\\0%s\\0%s\\0' /srv/app/data /srv/app/data.before-${run} >${notes}.switched
    mv /srv/app/data /srv/app/data.before-${run}; mkdir /srv/app/data; echo mine >/srv/app/data/mine`);
  const { outcome } = await undo(host, run);
  expect(outcome).toContain(`what stood in the way is kept as /srv/app/data.undone-${run}`);
  expect(await host.sh(`cat /srv/app/data.undone-${run}/mine`)).toBe('mine\n');
  await host.sh(`rm -r /srv/app/data.undone-${run}`);
  expect(await state(host)).toBe(before);
});
