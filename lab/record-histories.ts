/**
 * Records the runs that every later build must replay: `npm run record-histories [-- --only NAME...] [--dir DIR] [--to FOLDER]`.
 *
 * Raises a lab of its own with little data, runs Muster's procedures in it, once each and not only the easy way, writes
 * each run's history as protobuf JSON, and takes the lab down. A history with a secret or a path of this machine in it
 * is refused, and then nothing is written. When to record again: test/histories/README.md.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { connectLab, type Lab } from './client.ts';
import { observed } from './demo/observed.ts';
import { down } from './down.ts';
import type { Recorded } from './histories/follow.ts';
import { knownSecrets, refuseWhatMustNotLeave } from './histories/leaks.ts';
import { portable } from './histories/portable.ts';
import { runAll, runNames } from './histories/runs.ts';
import { checkout, labPaths } from './paths.ts';
import { until } from './shell.ts';
import { up } from './up.ts';

const { values } = parseArgs({
  options: {
    // Paths of the lab stand in histories (where keys lie, not what they are): the same on every machine.
    dir: { type: 'string', default: '/tmp/muster-histories' },
    to: { type: 'string', default: join(checkout, 'test/histories') },
    /** Names of runs; the files of all others stay as they are. */
    only: { type: 'string', multiple: true },
  },
});
const { dir, to, only } = values;
const unknown = only?.find((name) => !runNames.includes(name));
if (unknown) throw new Error(`There is no run ${unknown} to record. Try: ${runNames.join(', ')}.`);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`${signal}: the recording was ended`)));

await up({ dir, options: { bootDelayMs: 500 }, note: (line) => console.log(`  ${line}`), signal: stop.signal });
try {
  const lab = connectLab(dir);
  write(await Promise.race([record(lab), stopped()]), lab);
} finally {
  await down({ dir });
}
rmSync(dir, { recursive: true, force: true });

function stopped(): Promise<never> {
  return new Promise((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
}

async function record(lab: Lab): Promise<Recorded[]> {
  changePlan(lab.dir);
  const sizes = ['--files', '200', '--megabytes', '2', '--rows', '500'];
  const { code, stderr } = await lab.exec([process.execPath, join(checkout, 'lab/spacetime/seed.ts'), ...sizes]);
  if (code !== 0) throw new Error(`SpaceTime could not be installed: ${stderr}`);
  await until('the observer sees writes acknowledged', async () => (await observed(lab).state()).acknowledged > 5);
  const connection = await Connection.connect({ address: lab.state.relays.temporal });
  try {
    return await runAll({ lab, client: new Client({ connection }), signal: stop.signal, note: console.log }, only);
  } finally {
    await connection.close();
  }
}

/** Watches for seconds, asks a person twice on the way, and gives up on a host that does not boot before one tires. */
function changePlan(dir: string): void {
  const file = join(labPaths(dir).plans, 'overlays', 'lab', 'spacetime.yaml');
  const overlay = parse(readFileSync(file, 'utf8'));
  const manual = [
    { title: 'Look at the data', instructions: 'Log in as a player and look.', before: 'cutover' },
    { title: 'Ask support', instructions: 'Ask whether users complain.', before: 'end' },
  ];
  const changed = { ...overlay, watch: { for: '3s', every: '1s' }, limits: { boot: '12s' }, manual };
  writeFileSync(file, stringify(changed));
}

function write(recorded: readonly Recorded[], lab: Lab): void {
  const secrets = knownSecrets(labPaths(lab.dir), lab.state.env);
  const texts = recorded.map(({ name, history }) => ({ name, text: portable(history) }));
  for (const { name, text } of texts) refuseWhatMustNotLeave(name, text, { secrets, lab: lab.dir });
  mkdirSync(to, { recursive: true });
  for (const { name, text } of texts) {
    writeFileSync(join(to, `${name}.json`), text);
    console.log(`${name}.json  ${(text.length / 1024).toFixed(0)} kB`);
  }
}
