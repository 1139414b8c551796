/**
 * The whole story on one machine: `npm run demo [-- --roundtrip] [-- --keep] [-- --interactive]`.
 *
 * Raises the two regions, backs SpaceTime up, kills us-east-1 under live writes, fails over with the approvals it prints,
 * and ends with what the observer saw: downtime and lost writes beside RTO and RPO. With `--roundtrip` the region
 * comes back and the service goes home. Then everything is taken down.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectLab } from './client.ts';
import { tellStory } from './demo/story.ts';
import { down } from './down.ts';
import { up } from './up.ts';

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    interactive: { type: 'boolean', default: false },
    roundtrip: { type: 'boolean', default: false },
    dir: { type: 'string' },
    files: { type: 'string' },
    megabytes: { type: 'string' },
    rows: { type: 'string' },
  },
});

const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'muster-demo-'));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`${signal}: the demo was ended`)));

let code = 1;
try {
  console.log('Raising two regions on this machine.');
  const state = await up({ dir, note: (line) => console.log(`  ${line}`), signal: stop.signal });
  code = await tellStory(connectLab(dir), { ...values, signal: stop.signal });
  if (values.keep) {
    console.log(`\nThe lab goes on running in ${dir}.`);
    console.log(`  Temporal UI  ${state.relays.ui}`);
    console.log(`  look around  npm run lab -- --dir ${dir} exec -- scripts/muster status`);
    console.log(`  take it down npm run lab -- --dir ${dir} down`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  if (!values.keep || code !== 0) {
    await down({ dir });
    if (!values.dir && code === 0) rmSync(dir, { recursive: true, force: true });
    else if (code !== 0) console.error(`The lab is down; its logs are in ${dir}/logs.`);
  }
}
process.exit(code);
