/** Servers that tests start: until they answer, and until they are gone. */
import type { ChildProcess } from 'node:child_process';

/** Any answer over HTTP counts: what it says is the tests' to judge. */
export async function untilHealthy(name: string, url: string, child: ChildProcess): Promise<void> {
  const limit = Date.now() + 60_000;
  while (Date.now() < limit) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer && answer.status < 500) return;
    await new Promise((done) => setTimeout(done, 30));
  }
  child.kill('SIGKILL');
  throw new Error(`${name} did not answer at ${url}`);
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

/** A command that runs another where a folder is a disk of its own, with so little room. */
export function onSmallDisk(size: string): (folder: string) => string[] {
  const inside = (folder: string) => `mount -t tmpfs -o size=${size} tmpfs '${folder}' && exec "$0" "$@"`;
  return (folder) => ['unshare', '-m', '--propagation', 'private', 'sh', '-c', inside(folder)];
}
