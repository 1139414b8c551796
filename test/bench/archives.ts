/**
 * Backup and restore of a tree of files: Muster's steps against the same pipeline as plain shell, the runbooks'
 * `tar -cz | sha256sum`, and restic. All but `tar` write to, and read from, the same real S3 server; turns alternate.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { captureComponent } from '../../activities/archives/capture-component.ts';
import { restoreComponent } from '../../activities/archives/restore-component.ts';
import { commitPoint } from '../../activities/points/commit-point.ts';
import { preparePoint } from '../../activities/points/prepare-point.ts';
import type { Component } from '../../domain/plan-component.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../activities/points/world.ts';
import { printTable, type Times, timed } from './table.ts';

const run = promisify(execFile);

interface Options {
  readonly gb: number;
  readonly rounds: number;
  /** Leaves out gzip, which takes longer than all others together. */
  readonly quick: boolean;
}

export async function archives({ gb, rounds, quick }: Options): Promise<void> {
  const world = await makeWorld([filesComponent('tree', ['/srv/app/production'])]);
  try {
    const host = await world.host('app');
    const bytes = await makeTree(join(host.srv, 'app/production'), gb);
    console.log(
      `${(bytes / 1e9).toFixed(2)} GB in ${await host.sh('find /srv/app/production -type f | wc -l')}`.trim(),
    );
    const backup: Times = new Map();
    const restore: Times = new Map();
    for (let round = 1; round <= rounds; round += 1) {
      let point = { id: '', sha256: '' };
      const takes: Contender[] = [
        ['plain shell: tar | zstd | cms, to S3', () => plainBackup(world, host, round)],
        [
          'muster: captureComponent, to S3',
          async () => {
            point = await musterBackup(world, host, round);
          },
        ],
        ['restic 0.14, to S3', () => restic(world, host, round, 'backup')],
        [
          'tar -cz | sha256sum, to disk',
          () =>
            host.sh(`cd /srv && tar -czf /srv/app.tar.gz app/production && sha256sum /srv/app.tar.gz >/srv/app.sum`),
        ],
      ];
      const gives: Contender[] = [
        ['plain shell: cms | zstd | tar, from S3', () => plainRestore(world, host, round)],
        ['muster: restoreComponent, from S3', () => musterRestore(world, point)],
        ['restic 0.14, from S3', () => restic(world, host, round, 'restore')],
        [
          'tar -xz, from disk',
          () => host.sh('mkdir -p /srv/out && tar -C /srv/out -xzf /srv/app.tar.gz && rm -rf /srv/out /srv/app.tar.gz'),
        ],
      ];
      console.log(`round ${round}: backup`);
      await race(backup, quick ? takes.slice(0, -1) : takes, round);
      console.log(`round ${round}: restore`);
      await race(restore, quick ? gives.slice(0, -1) : gives, round);
    }
    printTable('backup', backup, bytes);
    printTable('restore', restore, bytes);
  } finally {
    await world.end();
  }
}

type Contender = readonly [name: string, action: () => Promise<unknown>];

/** Who is second pays for the dirty pages of who was first: in every other round the order is the other way. */
async function race(times: Times, contenders: readonly Contender[], round: number): Promise<void> {
  for (const [name] of contenders) if (!times.has(name)) times.set(name, []);
  const order = round % 2 === 1 ? contenders : contenders.toReversed();
  for (const [name, action] of order) await timed(times, name, action);
}

/** 20,000 small and middling files and three large ones; half of the bytes do not compress. */
async function makeTree(root: string, gb: number): Promise<number> {
  await mkdir(root, { recursive: true });
  const script = `
    set -eu
    cd "$1"; files=20000; small=$(($2 * 1024 / 2 / files)); large=$(($2 * 1024 / 2 / 3))
    head -c $((small * 1024 * 100)) /dev/urandom > .random
    seq 1 100000000 | head -c $((small * 1024 * 100)) > .text || true
    d=0
    while [ $d -lt 200 ]; do
      mkdir d$d
      if [ $((d % 2)) = 0 ]; then from=.random; else from=.text; fi
      (cd d$d && split -a 3 -d -b $((small * 1024)) ../$from f)
      d=$((d + 1))
    done
    rm .random .text
    head -c $((large * 1024)) /dev/urandom > large-1
    seq 1 100000000 | head -c $((large * 1024)) > large-2 || true
    { head -c $((large * 512)) /dev/urandom; seq 1 100000000 | head -c $((large * 512)); } > large-3 || true
    du -sb . | cut -f 1`;
  const { stdout } = await run('bash', ['-c', script, 'make', root, String(Math.round(gb * 1024))]);
  return Number(stdout);
}

async function musterBackup(world: World, host: TestHost, round: number): Promise<{ id: string; sha256: string }> {
  const service = world.plan.service;
  const id = `20260102_03150${round}`;
  const runId = newRun();
  const component = world.plan.components[0] as Component;
  const prepare = await preparePoint.run(
    { service, point: id, locations: ['near'] },
    await world.context({ run: runId }),
  );
  const capture = await captureComponent.run(
    { service, point: id, component, host: host.host, location: 'near' },
    await world.context({ run: runId, step: 'capture', outputs: { prepare } }, host),
  );
  const committed = await commitPoint.run(
    { service, point: id, site: 'east', label: 'bench', location: 'near' },
    await world.context({ run: runId, step: 'commit', outputs: { prepare, capture } }),
  );
  return { id, sha256: committed.manifestSha256 };
}

async function musterRestore(world: World, point: { id: string; sha256: string }): Promise<void> {
  const target = await world.host('target');
  const component = world.plan.components[0] as Component;
  await restoreComponent.run(
    { service: world.plan.service, point, component, host: target.host, site: 'east', locations: ['near'] },
    await world.context({ run: newRun(), step: 'restore' }, target),
  );
  await rm(join(target.srv, 'app'), { recursive: true });
}

/** What a person would type for the same result: archives of about 64 MiB, two at a time, sealed, hashed and put. */
async function plainBackup(world: World, host: TestHost, round: number): Promise<void> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  const script = `
    set -euo pipefail
    cd /srv; rm -rf plain; mkdir plain; cd app
    find production -type f -printf '%s\\t%p\\n' | awk -F '\\t' '{ if (n == 0 || b + $1 > 67108864) { n++; b = 0 } b += $1; print $2 > ("/srv/plain/list." n) }'
    find production -type d > /srv/plain/list.0
    one() {
      tar --no-recursion -T /srv/plain/list.$1 -cf - | zstd -1 -q |
        openssl cms -encrypt -aes-256-gcm -binary -stream -outform DER -out /srv/plain/part.$1 ${join(world.keys, 'east.crt')}
      openssl dgst -sha256 -r /srv/plain/part.$1 > /srv/plain/sum.$1
      curl -fsS -o /dev/null -T /srv/plain/part.$1 --aws-sigv4 aws:amz:us-east-1:s3 --user ${accessKeyId}:${secretAccessKey} \\
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -H 'Expect:' ${world.near.endpoint}/near/plain-${round}/$1
      rm /srv/plain/part.$1
    }
    export -f one
    ls /srv/plain | sed -n 's/^list.//p' | xargs -P 2 -I N bash -euo pipefail -c 'one N'`;
  await host.sh(script.replace(/^/, `exec bash <<'SCRIPT'\n`).concat('\nSCRIPT'));
}

async function plainRestore(world: World, host: TestHost, round: number): Promise<void> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  const script = `
    set -euo pipefail
    mkdir -p /srv/out
    one() {
      curl -fsS -o /srv/plain/part.$1 --aws-sigv4 aws:amz:us-east-1:s3 --user ${accessKeyId}:${secretAccessKey} -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' ${world.near.endpoint}/near/plain-${round}/$1
      openssl dgst -sha256 -r /srv/plain/part.$1 | sed 's/ .*//' | grep -qx "$(sed 's/ .*//' /srv/plain/sum.$1)"
      openssl cms -decrypt -inform DER -binary -inkey ${join(world.keys, 'east.key')} -in /srv/plain/part.$1 | zstd -dq | tar -C /srv/out -x
      rm /srv/plain/part.$1
    }
    export -f one
    ls /srv/plain | sed -n 's/^sum.//p' | grep -vx 0 | xargs -P 2 -I N bash -euo pipefail -c 'one N'
    one 0
    rm -rf /srv/out /srv/plain`;
  await host.sh(script.replace(/^/, `exec bash <<'SCRIPT'\n`).concat('\nSCRIPT'));
}

async function restic(world: World, host: TestHost, round: number, what: 'backup' | 'restore'): Promise<void> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  const environment =
    `AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} RESTIC_PASSWORD=bench RESTIC_CACHE_DIR=/srv/cache ` +
    `RESTIC_REPOSITORY=s3:${world.near.endpoint}/near/restic-${round}`;
  if (what === 'backup') await host.sh(`export ${environment}; restic init -q && restic backup -q /srv/app/production`);
  else await host.sh(`export ${environment}; restic restore -q latest --target /srv/out && rm -rf /srv/out /srv/cache`);
}
