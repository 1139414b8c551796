/** Raises Arcade in a lab that is up, and takes it down again with everything it wrote. Both can be called twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../client.ts';
import { checkout, labPaths } from '../paths.ts';
import { goTool } from '../tools/go.ts';
import { ensurePackages } from '../tools/packages.ts';
import {
  type Archiving,
  installDatabases,
  installService,
  removeFromHosts,
  seedDatabases,
  startArchiving,
} from './hosts.ts';
import { service } from './layout.ts';
import { cipherFile, removeArcadePlan, writeArcadePlan } from './plan.ts';
import { azure, google, storeFolders } from './stores.ts';

export async function raiseArcade(lab: Lab, note: (line: string) => void = () => {}): Promise<void> {
  await ensurePackages({ note }, ['mariadb-server', 'redis-server', 'pgbackrest']);
  await goTool('fake-gcs-server', { note });
  await lowerArcade(lab);
  const paths = labPaths(lab.dir);
  const zone = await zoneOf(lab);
  await Promise.all([azure, google].map(({ process: name }) => lab.process(name, 'start')));
  await Promise.all([inside(lab, ['make', zone]), installDatabases(lab)]);
  writeArcadePlan(paths, zone);
  const answer = await lab.exec([join(checkout, 'scripts/muster'), 'archiving', service, '--json']);
  if (answer.code !== 0) throw new Error(`muster archiving ${service}: ${answer.stderr}`);
  const [setup] = JSON.parse(answer.stdout) as Archiving[];
  await startArchiving(lab, setup as Archiving, readFileSync(cipherFile(paths), 'utf8'));
  await seedDatabases(lab);
  await installService(lab);
}

export async function lowerArcade(lab: Lab): Promise<void> {
  const paths = labPaths(lab.dir);
  removeArcadePlan(paths);
  await removeFromHosts(lab);
  await inside(lab, ['remove', await zoneOf(lab)]);
  await Promise.all([azure, google].map(({ process: name }) => lab.process(name, 'kill')));
  // Folders of the lab's own mounts, and what it has in the region's bucket.
  const [east = ''] = lab.state.regions.map(({ name }) => paths.store(name));
  const emptied = storeFolders(paths).map((folder) => `${folder}/*`);
  const folders = [...emptied, `${east}/*/*/muster/${service}`];
  const { code, stderr } = await lab.exec(['bash', '-c', `shopt -s nullglob; rm -rf -- ${folders.join(' ')}`]);
  if (code !== 0) throw new Error(`What Arcade stored is not removed: ${stderr}`);
}

async function zoneOf(lab: Lab): Promise<string> {
  const zone = (await lab.status()).seeded?.zones.service;
  if (!zone) throw new Error('The AWS of this lab is not seeded. Try: npm run lab -- down, then up.');
  return zone;
}

async function inside(lab: Lab, words: string[]): Promise<void> {
  const { code, stderr } = await lab.exec([process.execPath, join(checkout, 'lab/arcade/clouds.ts'), ...words]);
  if (code !== 0) throw new Error(`clouds.ts ${words.join(' ')} ended with ${code}: ${stderr.slice(-800)}`);
}
