/**
 * `npm run soak -- [--seeds 20] [--from 1]`: the tests with random faults, with as many seeds as asked for; `npm run soak -- --rounds 10`: out
 * by a failover and home by a failback, so many times in a row. Exits like `npm test`.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    rounds: { type: 'string' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => Number(values.from) + n);
const [project, tests, env] = values.rounds
  ? ['scenarios', 'test/lab/recovery/failback.test.ts', { MUSTER_ROUNDS: values.rounds }]
  : ['unit', 'test/activities/faults', { MUSTER_SEEDS: seeds.join(',') }];
const child = spawn(process.execPath, [new URL('run.ts', import.meta.url).pathname, project, tests], {
  stdio: 'inherit',
  env: { ...process.env, ...env },
});
child.once('exit', (code) => process.exit(code ?? 1));
