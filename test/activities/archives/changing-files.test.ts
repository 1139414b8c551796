/** A living system: files vanish, shrink, grow and change while they are captured. The point says so and restores the rest. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { ComponentRecord } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';

const run = promisify(execFile);
let world: World;
let source: TestHost;
/** On the host, tar is this: it does something to the tree first, then becomes the real one. */
let tar: string;

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
  source = await world.host('app');
  await mkdir(join(source.srv, 'app/data'), { recursive: true });
  const bin = join(source.srv, 'sbin');
  await mkdir(bin);
  tar = join(bin, 'tar');
});
afterAll(() => world?.end());

/** `before` runs as the given reading (1, 2, …) begins; `during` while the real tar reads its first file. */
async function tarThat(script: string): Promise<void> {
  const count = '/srv/sbin/count';
  await writeFile(
    tar,
    `#!/bin/bash\ncase " $* " in *" -cf "*) ;; *) exec -a tar /usr/bin/tar "$@" ;; esac
case " $* " in *names.0*) exec -a tar /usr/bin/tar "$@" ;; esac
n=$(($(cat ${count} 2>/dev/null || echo 0) + 1)); echo $n > ${count}; cd /srv/app/data\n${script}\nexec -a tar /usr/bin/tar "$@"\n`,
    { mode: 0o755 },
  );
  await run('rm', ['-f', join(source.srv, 'sbin/count')]);
}

async function captured(id: string): Promise<{ record: ComponentRecord; point: { id: string; sha256: string } }> {
  const { point, sha256 } = await world.backup(source, id);
  const stores = Object.values(world.stores);
  const { manifest } = await readManifest(stores, 'spacetime', { id: point }, await world.signers());
  return { record: manifest.components[0] as ComponentRecord, point: { id: point, sha256 } };
}

describe('capturing a tree that changes', () => {
  it('drops a file that vanished, says so, and restores the others', async () => {
    await run('bash', [
      '-c',
      'cd "$1"; for i in 1 2 3; do echo $i > $i; done; echo x > "$(printf \'gone\\n\\377\')"',
      'sh',
      join(source.srv, 'app/data'),
    ]);
    await tarThat('rm -f gone*');
    const { record, point } = await captured('20260103_000000');
    expect(record.warnings).toEqual([{ kind: 'vanished', path: '/srv/app/data/gone\n\\xff' }]);
    const target = await world.host('t1');
    await world.restore(point, target);
    expect(await target.sh('cd /srv/app/data; ls')).toBe('1\n2\n3\n');
  });

  it('reads again what changed between listing and reading, and then has the new content without a warning', async () => {
    await tarThat('if [ $n = 1 ]; then echo "much longer than before" > 2; fi');
    const { record, point } = await captured('20260103_000100');
    expect(record.warnings).toEqual([]);
    const target = await world.host('t2');
    await world.restore(point, target);
    expect(await target.sh('cat /srv/app/data/2')).toBe('much longer than before\n');
  });

  it('reads again, in parts, what grew beyond a part between listing and reading', async () => {
    const grown = join(source.srv, 'app/data/3');
    await tarThat('if [ $n = 1 ]; then head -c 150000000 /dev/urandom > 3; fi');
    const { record, point } = await captured('20260103_000150');
    expect(record.warnings).toEqual([]);
    expect(record.archives.find(({ parts }) => parts.length === 3)).toBeDefined();
    const target = await world.host('t4');
    await world.restore(point, target);
    await run('cmp', [grown, join(target.srv, 'app/data/3')]);
    await run('rm', [grown]);
  });

  it('marks a file torn that changes at every reading, and still restores it', async () => {
    await run('truncate', ['-s', '40M', join(source.srv, 'app/data/hot')]);
    await run('bash', ['-c', 'head -c 30000000 /dev/urandom > "$1"', 'sh', join(source.srv, 'app/data/hot')]);
    // Writes as long as the real tar is at it.
    await tarThat('( for i in $(seq 400); do echo more >> hot; sleep 0.005; done ) >/dev/null 2>&1 7>&- & :');
    const { record, point } = await captured('20260103_000200');
    expect(record.warnings).toEqual([{ kind: 'torn', path: '/srv/app/data/hot' }]);
    const target = await world.host('t3');
    await world.restore(point, target);
    expect((await readFile(join(target.srv, 'app/data/hot'))).length).toBeGreaterThanOrEqual(30_000_000);
  });

  it('marks a file shrunk that is cut at every reading', async () => {
    await run('rm', [join(source.srv, 'app/data/hot')]);
    await run('bash', ['-c', 'head -c 120000000 /dev/urandom > "$1"', 'sh', join(source.srv, 'app/data/cut')]);
    // Cut once the real tar, which has this process's number, is somewhere within the file; it is stopped while that is looked at.
    const within =
      'for f in /proc/$$/fd/*; do [[ $(readlink $f) == */cut ]] && grep -q "^pos:.[1-9]" /proc/$$/fdinfo/$(basename $f) && break 2; done';
    await tarThat(
      `( while kill -STOP $$; do ${within}; kill -CONT $$; sleep 0.001; done; truncate -s $((50000000 - n * 10000000)) cut; kill -CONT $$ ) >/dev/null 2>&1 7>&- & :`,
    );
    const { record } = await captured('20260103_000300');
    expect(record.warnings).toContainEqual({ kind: 'shrunk', path: '/srv/app/data/cut' });
  });

  it('fails when tar cannot read a file for any other reason', async () => {
    await tarThat(
      'echo "tar: \\"./srv/app/data/1\\": Read error at byte 0, while reading 10240 bytes: Input/output error" >&2; exit 2',
    );
    await expect(captured('20260103_000400')).rejects.toMatchObject({
      type: 'TarFailed',
      message: expect.stringContaining('Input/output error'),
    });
    expect(await world.stores.near?.head('spacetime/points/20260103_000400/manifest.json')).toBeUndefined();
  });
});
