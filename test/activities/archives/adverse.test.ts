/** What no plan foresees: files that go at the worst moment, links that lead out of the tree, a disk that lost what it had. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openS3Store } from '../../../activities/storage/s3.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

let world: World;
let source: TestHost;
let count = 0;

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
});
afterAll(() => world?.end());

async function backup(setup: string, { before = '', after = '' } = {}) {
  count += 1;
  source = await world.host(`source-${count}`);
  await source.sh(`mkdir -p /srv/app/data /srv/sbin; cd /srv/app/data; ${setup}`);
  await wrapTar(source, `case " $* " in *names.0*) folders=yes ;; *) folders= ;; esac\n${before}`, after);
  const { point, sha256 } = await world.backup(source, `2026010${count}_000000`);
  return { id: point, sha256 };
}

/** On the host, tar does something to /srv/app/data before and after it is the real one. */
async function wrapTar(host: TestHost, before: string, after: string): Promise<void> {
  await host.sh('mkdir -p /srv/sbin');
  const text = `#!/bin/bash\ncd /srv/app/data 2>/dev/null\n${before}\n( exec -a tar /usr/bin/tar "$@" ); code=$?\n${after}\nexit $code\n`;
  await writeFile(join(host.srv, 'sbin/tar'), text, { mode: 0o755 });
}

const listed = (host: TestHost) => host.sh('cd /srv/app; find data | sort');

describe('a tree that changes at the worst moment', () => {
  it('restores without a file that vanished right after it was read', async () => {
    const point = await backup('echo 1 >1; echo 2 >"$(printf "2\\n\\\\n*")"', { after: '[ $folders ] || rm -f 2*' });
    const target = await world.host('after-read');
    await world.restore(point, target);
    expect(await listed(target)).toBe('data\ndata/1\n');
  });

  it('restores an archive of which nothing was there any more at the end', async () => {
    const point = await backup('echo 1 >1', { after: '[ $folders ] || rm -f 1' });
    const target = await world.host('nothing-left');
    await world.restore(point, target);
    expect(await listed(target)).toBe('data\n');
  });

  it('keeps what a hard link links to when the other name vanished', async () => {
    const point = await backup('echo x >a; ln a b', { after: '[ $folders ] || rm -f a' });
    const target = await world.host('hard-link');
    await world.restore(point, target);
    expect(await target.sh('cd /srv/app/data; ls; cat b')).toBe('b\nx\n');
  });

  it('restores files whose folder vanished after they were read', async () => {
    const isRead = 'ls -d /var/lib/muster/jobs/*/*/*/*/work/index.1 >/dev/null 2>&1';
    const point = await backup('mkdir -p d/e; echo 2 >d/e/2', {
      before: `if [ $folders ]; then until ${isRead}; do sleep 0.05; done; rm -rf d; fi`,
    });
    const target = await world.host('folder-gone');
    await world.restore(point, target);
    expect(await target.sh('cat /srv/app/data/d/e/2')).toBe('2\n');
  });
});

describe('a restore', () => {
  it('gives owner and mode to nothing outside of the tree through its links', async () => {
    world.plan.components = [
      filesComponent('tree', ['/srv/app/data'], {
        permissions: [
          { path: '/srv/app/data/file', owner: 'nobody', mode: '777', recursive: true },
          { path: '/srv/app/data/folder/file', owner: 'nobody', mode: '777', recursive: false },
          { path: '/srv/app/data/own', owner: 'nobody', mode: '640', recursive: false },
        ],
      } as never),
    ];
    const point = await backup('ln -s /srv/outside/file file; ln -s /srv/outside folder; echo o >own');
    const target = await world.host('links');
    await target.sh('mkdir -m 700 /srv/outside; echo s >/srv/outside/file; chmod 600 /srv/outside/file');
    await world.restore(point, target);
    world.plan.components = [filesComponent('tree', ['/srv/app/data'])];
    expect(await target.sh("stat -c '%U %a' /srv/outside /srv/outside/file /srv/app/data/own")).toBe(
      'root 700\nroot 600\nnobody 640\n',
    );
  });

  it('unpacks anew, when retried, what a power cut took from archives that were marked as done', async () => {
    const point = await backup('for i in 1 2 3; do echo $i >$i; done');
    const target = await world.host('power-cut');
    await wrapTar(target, '', 'find "$2" -name 2 -type f -exec truncate -s 0 {} +');
    const run = newRun();
    await expect(world.restore(point, target, { run, generation: 1 })).rejects.toMatchObject({
      type: 'RestoredTreeDiffers',
    });
    await target.sh('rm /srv/sbin/tar');
    await world.restore(point, target, { run, generation: 2 });
    expect(await target.sh('cat /srv/app/data/*')).toBe('1\n2\n3\n');
  });
});

it('locks the key and the manifest as well as the parts, at both locations', async () => {
  const { GetObjectRetentionCommand, S3Client } = await import('@aws-sdk/client-s3');
  const kept = { ...world.stores };
  const lock = { mode: 'GOVERNANCE', for: 60_000 } as const;
  for (const name of ['near', 'far'] as const) {
    const server = world[name];
    world.stores[name] = await openS3Store(name, { ...server.location(name), lock }, server.credentials);
  }
  const { id } = await backup('echo 1 >1');
  Object.assign(world.stores, kept);
  for (const name of ['near', 'far'] as const) {
    const { endpoint, credentials } = world[name];
    const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
    for (const key of [
      layout.sealedKey('spacetime', id, 1),
      layout.manifest('spacetime', id),
      layout.manifestSignature('spacetime', id),
      layout.restoreSh('spacetime', id),
    ]) {
      const asked = new GetObjectRetentionCommand({ Bucket: name, Key: `muster/${key}` });
      const { Retention } = await admin.send(asked);
      expect(Retention?.RetainUntilDate?.getTime(), `${name} ${key}`).toBeGreaterThan(Date.now());
    }
    admin.destroy();
  }
});

it('a folder that is no recovery point does not stop the next backup', async () => {
  await world.stores.near?.put('spacetime/points/20260101_000000-copy/manifest.json', Buffer.from('{}'));
  await expect(backup('echo 1 >1')).resolves.toMatchObject({ id: `2026010${count}_000000` });
});
