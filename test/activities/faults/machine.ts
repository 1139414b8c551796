/** What random faults need of the machine: host jobs that can be killed, and a plan that a process of its own can use. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../../../domain/plan/plan.ts';
import type { TestHost, World } from '../points/world.ts';

/** Kills every process of one job that runs now, as the kernel does when memory runs out. */
export async function killJob(hosts: readonly TestHost[], random: () => number): Promise<boolean> {
  const running = await jobsThatRun(hosts);
  const victim = running[Math.floor(random() * running.length)];
  if (!victim) return false;
  const [, pid] = (await readFile(join(victim, 'identity'), 'utf8')).split(' ');
  if (!pid) return false;
  try {
    process.kill(-Number(pid), 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Folders of jobs that have not ended. */
export async function jobsThatRun(hosts: readonly TestHost[]): Promise<string[]> {
  const folders: string[] = [];
  for (const { folder } of hosts) {
    const jobs = join(folder, 'jobs/jobs');
    for (const path of await readdir(jobs, { recursive: true }).catch(() => [])) {
      if (path.endsWith('/identity')) folders.push(join(jobs, path, '..'));
    }
  }
  return (await Promise.all(folders.map(async (folder) => ((await ended(folder)) ? [] : [folder])))).flat();
}

const ended = (folder: string) =>
  readFile(join(folder, 'exit'), 'utf8').then(
    (text) => text !== '',
    () => false,
  );

/** The plan as a process of its own can use it: credentials by reference. */
export async function reachable(world: World): Promise<Plan> {
  const storage = { ...world.plan.storage };
  for (const [name, server] of [
    ['near', world.near],
    ['far', world.far],
  ] as const) {
    const at = (what: string) => join(world.keys, `${name}-${what}`);
    await writeFile(at('id'), server.credentials.accessKeyId);
    await writeFile(at('secret'), server.credentials.secretAccessKey);
    storage[name] = {
      ...world.plan.storage[name],
      accessKeyId: { file: at('id') },
      secretAccessKey: { file: at('secret') },
    } as Plan['storage'][string];
  }
  return { ...world.plan, storage };
}
