import { chmod, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { fingerprintOf, verdict } from '../../../activities/schedules/look-for-change.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster look-'));
  await mkdir(join(folder, 'etc', 'sub'), { recursive: true });
  await writeFile(join(folder, 'etc', 'a.conf'), 'one');
  await writeFile(join(folder, 'etc', 'sub', 'b.conf'), 'two');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const print = (paths = ['etc', 'single*', 'absent'], exclude = ['*.log', 'backups/']) =>
  fingerprintOf(localExecutor({ name: 'app' }), { paths: paths.map((path) => join(folder, path)), exclude });

describe('the fingerprint of files', () => {
  test('stays while nothing changes, also when a log is written beside them', async () => {
    const before = await print();
    await writeFile(join(folder, 'etc', 'service.log'), 'noise');
    await mkdir(join(folder, 'etc', 'backups'));
    await writeFile(join(folder, 'etc', 'backups', 'x'), 'noise');
    expect(await print()).toBe(before);
    expect(await print(undefined, [])).not.toBe(before);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'written, its size and time as before',
      async () => {
        await writeFile(join(folder, 'etc', 'a.conf'), 'new');
        await utimes(join(folder, 'etc', 'a.conf'), 1, 1);
      },
    ],
    ['given another mode', () => chmod(join(folder, 'etc', 'a.conf'), 0o600)],
    ['renamed', () => rename(join(folder, 'etc', 'sub', 'b.conf'), join(folder, 'etc', 'sub', 'c.conf'))],
    ['removed', () => rm(join(folder, 'etc', 'sub', 'c.conf'))],
    ['there for the first time where a pattern names it', () => writeFile(join(folder, 'single one'), 'x')],
  ])('changes when a file is %s', async (_, change) => {
    const before = await print();
    await change();
    expect(await print()).not.toBe(before);
  });
});

describe('whether it is backed up', () => {
  const day = 86_400_000;
  const now = Date.parse('2026-01-02T00:00:00Z');
  const files = [{ name: 'configuration', rpo: day }];
  const look = (backedUpAt: string, fingerprint = 'same') => verdict({ fingerprint, backedUpAt }, 'same', files, now);

  test('is so at the first look, after a change, and before the unchanged point is older than its own RPO', () => {
    expect(verdict({}, 'same', files, now)).toMatchObject({ changed: true });
    expect(look('2026-01-01T23:00:00Z', 'other')).toMatchObject({ changed: true });
    expect(look('2026-01-01T23:00:00Z')).toMatchObject({
      changed: false,
      why: 'configuration: nothing has changed since the last look',
    });
    expect(look('2026-01-01T02:00:00Z')).toMatchObject({ changed: true, why: expect.stringContaining('RPO of 1d') });
    expect(verdict({ fingerprint: 'same' }, 'same', [{ name: 'x' }], now)).toMatchObject({ changed: false });
  });
});
