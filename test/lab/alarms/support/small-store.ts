/** The store of a region on a disk of its own, small enough to be filled: what is written there then fails as on any full disk. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Lab } from '../../../../lab/client.ts';
import type { Region } from '../../../../lab/layout.ts';
import { labPaths } from '../../../../lab/paths.ts';

/** Holds a month of points of the lab's SpaceTime several times over. */
const size = '512m';

export async function smallStore(lab: Lab, region: Region) {
  const store = labPaths(lab.dir).store(region);
  const filler = `${store}/filler`;
  const stopped = async (script: string) => {
    await lab.process(`store-${region}`, 'stop');
    await inLab(lab, script);
    await lab.process(`store-${region}`, 'start');
  };
  await stopped(
    `mkdir -p ${store}.disk; mount -t tmpfs -o size=${size} tmpfs ${store}.disk
     cp -a ${store}/. ${store}.disk/; mount --bind ${store}.disk ${store}; umount ${store}.disk; rmdir ${store}.disk`,
  );
  return {
    /** Nothing more can be written; small objects can be deleted and all can be read. */
    fill: () => inLab(lab, `dd if=/dev/zero of=${filler} bs=4k 2>&1 | grep -q 'No space left'`),
    free: () => inLab(lab, `rm -f ${filler}`),
    /** What came to the small disk is gone with it. */
    putBack: () => stopped(`umount ${store}`),
  };
}

const run = promisify(execFile);

/** In the lab's mounts, which a test process does not share. */
export async function inLab(lab: Lab, script: string): Promise<string> {
  const enter = ['--target', `${lab.state.init?.pid}`, '--mount', '--', 'bash', '--norc', '-euc'];
  return (await run('nsenter', [...enter, script])).stdout.trim();
}
