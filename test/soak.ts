/** `npm run soak -- [--seeds 20] [--from 1]`: the tests with random faults, with as many seeds as asked for. Exits like `npm test`. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '20' }, from: { type: 'string', default: '1' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => Number(values.from) + n);
const child = spawn(process.execPath, [new URL('run.ts', import.meta.url).pathname, 'unit', 'test/activities/faults'], {
  stdio: 'inherit',
  env: { ...process.env, MUSTER_SEEDS: seeds.join(',') },
});
child.once('exit', (code) => process.exit(code ?? 1));
