/** A part that is damaged everywhere: the restore stops, changes nothing, and names the point that can be taken instead. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import { until } from '../hosts/until.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';

let world: World;
let source: TestHost;
const points: { id: string; sha256: string }[] = [];

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
  source = await world.host('source');
  await source.sh('mkdir -p /srv/app/data; echo of the first >/srv/app/data/file');
  // What has changed within two seconds before a capture is read again by the next one.
  const made = Date.now();
  await until('the file is not new any more', () => Date.now() > made + 3_000);
  for (const id of ['20260102_010000', '20260102_020000', '20260102_030000']) {
    const { point, sha256 } = await world.backup(source, id);
    points.push({ id: point, sha256 });
  }
}, 120_000);
afterAll(() => world?.end());

async function damage(point: { id: string; sha256: string }): Promise<void> {
  const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', point, await world.signers());
  const key = manifest.components[0]?.archives.at(-1)?.parts[0]?.key as string;
  for (const file of [join(world.near.data, 'near/muster', key), join(world.far.data, 'far/muster', key)]) {
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(file, bytes);
  }
}

it('names the newest point before it, and that one restores', async () => {
  const [, second, third] = points as [(typeof points)[0], (typeof points)[0], (typeof points)[0]];
  await damage(third);
  const target = await world.host('target');
  await expect(world.restore(third, target)).rejects.toMatchObject({
    type: 'PartCorrupted',
    hint: expect.stringContaining(`--point ${second.id}`),
  });
  await expect(target.sh('ls /srv/app')).rejects.toThrow();
  expect((await world.restore(second, target)).tree?.outcome).toBe('restored');
});

it('passes by an earlier point that needs the same damaged part', async () => {
  const [, second] = points as [(typeof points)[0], (typeof points)[0]];
  await source.sh('echo new >/srv/app/data/other');
  const made = await world.backup(source, '20260102_040000', 'incremental');
  const last = { id: made.point, sha256: made.sha256 };
  const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', last, await world.signers());
  expect(manifest.components[0]?.archives.map((archive) => archive.point)).toContain('20260102_030000');
  await expect(world.restore(last, await world.host('shared'))).rejects.toMatchObject({
    type: 'PartCorrupted',
    hint: expect.stringContaining(`--point ${second.id}`),
  });
});

it('names none where there is none', async () => {
  const [first] = points as [(typeof points)[0]];
  await damage(first);
  await expect(world.restore(first, await world.host('other'))).rejects.toMatchObject({
    type: 'PartCorrupted',
    hint: expect.not.stringContaining('--point'),
  });
});
