/** A small disk of the workers' machine, beside the stores: a location that is `local`, and can be full or not be mounted. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../../../lab/client.ts';
import { labPaths } from '../../../../lab/paths.ts';
import { run } from '../../../../lab/shell.ts';

export const megabytes = 200;

export function vaultOf(lab: Pick<Lab, 'dir' | 'state'>) {
  const paths = labPaths(lab.dir);
  const folder = join(paths.stores, 'vault');
  const secret = join(paths.keys, 'vault');
  // Only the lab's own processes see the lab's mounts, and `umount` needs the /proc that is its own.
  const init = `/proc/${lab.state.init?.pid}/ns`;
  const inside = (...command: string[]) =>
    run('nsenter', [`--mount=${init}/mnt`, `--pid=${init}/pid`, '--', ...command]);

  async function mount(): Promise<void> {
    mkdirSync(folder, { recursive: true });
    await unmount();
    await inside('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'vault', folder);
  }

  async function unmount(): Promise<void> {
    await inside('sh', '-c', `! mountpoint -q ${folder} || umount -l ${folder}`);
  }

  /** For `storage` of the plan. */
  function location(prefix: string): object {
    writeFileSync(secret, randomBytes(24).toString('hex'), { mode: 0o600 });
    const served = { url: 'http://127.0.0.1:8444', listen: '127.0.0.1:8444', secret: { file: secret } };
    return { driver: 'local', region: 'the-vault', folder, mounted: true, prefix, served };
  }

  return {
    mount,
    unmount,
    location,
    /** Leaves so many megabytes free, or gives back what was taken. */
    fill: (free: number) =>
      inside(
        'sh',
        '-c',
        `fallocate -l "$(( $(df -B1 --output=avail ${folder} | tail -n 1) - ${free << 20} ))" ${folder}/ballast`,
      ),
    /** As a disk with errors is: what is there can be read. */
    only: (how: 'ro' | 'rw') => inside('mount', '-o', `remount,${how}`, folder),
    /** Changes a byte of the first object of a point that matches. */
    damage: (point: string, pattern: string) =>
      inside(
        'sh',
        '-c',
        `printf X | dd of="$(echo ${folder}/*/spacetime/archives/${point}/${pattern})" bs=1 seek=600 conv=notrunc`,
      ),
    empty: () => inside('rm', '-f', join(folder, 'ballast')),
  };
}
