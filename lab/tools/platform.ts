/** Whether this machine can hold a lab at all: Linux, with the right to make namespaces and overlays. */
import { run } from '../shell.ts';

/** A sentence with a hint, or undefined when all is well. */
export async function platformTrouble(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'The lab needs Linux. Try: a Linux machine or a virtual machine, as root.';
  if (process.getuid?.() !== 0)
    return 'The lab needs root (its hosts have users of their own). Try: sudo, or a container with --privileged.';
  const probe = 'mount -t tmpfs probe /mnt && ip link add probe type veth peer name probe2';
  try {
    await run('unshare', ['-n', '-m', '-p', '-f', '--mount-proc', 'sh', '-c', probe]);
    return undefined;
  } catch (error) {
    return `This machine does not allow namespaces, mounts or veth links (${(error as Error).message}). Try: a container with --privileged, or a virtual machine.`;
  }
}
