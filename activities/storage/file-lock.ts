/** A lock that the kernel holds for as long as this process lives: nothing is left behind by a worker that was killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { refusal } from '../../domain/errors.ts';

/** Seconds after which someone else has held it for too long. */
const longest = 20;

/** Runs an action while the lock is held. `flock` of util-linux takes it, also over NFS; the folder must be there. */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  // cat ends with this process, because its stdin does.
  const holder = spawn('flock', ['-x', '-w', String(longest), path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const gone = once(holder, 'exit').catch((error: NodeJS.ErrnoException) => [error]);
  let complaint = '';
  holder.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  holder.stdin.on('error', () => {});
  const [first] = await Promise.race([once(holder.stdout, 'data'), gone]);
  if (!Buffer.isBuffer(first)) throw notLocked(path, first, complaint);
  try {
    return await action();
  } finally {
    holder.stdin.end();
    await gone;
  }
}

function notLocked(path: string, ending: unknown, complaint: string): Error {
  if ((ending as NodeJS.ErrnoException)?.code === 'ENOENT') {
    return refusal('HostPrerequisite', 'This worker has no flock.', 'install util-linux.');
  }
  const error = new Error(
    `${path} could not be locked within ${longest} s (${complaint.trim() || `status ${ending}`})`,
  );
  error.name = 'StoreUnreachable';
  return error;
}
