/**
 * `npm run soak -- [--seeds 20] [--from 1]`: the tests with random faults, with as many seeds as asked for; `npm run soak -- --rounds 10`: out
 * by a failover and home by a failback, so many times in a row; `npm run soak -- --stages [--seeds 15] [--from 1]`: a switchover whose source
 * dies, in the lab, 15 seeds for each stage once as it begins, more for random moments in them; `npm run soak -- --alarms`: alerts by their
 * real causes, in a lab that a Prometheus watches (`MUSTER_ALARMS_PACE=2` takes twice as long, on a busy machine). Exits like `npm test`.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    rounds: { type: 'string' },
    stages: { type: 'boolean', default: false },
    alarms: { type: 'boolean', default: false },
  },
});
const [project, tests, env] = asked();
const child = spawn(process.execPath, [new URL('run.ts', import.meta.url).pathname, project, tests], {
  stdio: 'inherit',
  env: { ...process.env, ...env },
});
child.once('exit', (code) => process.exit(code ?? 1));

function asked(): [project: string, tests: string, env: Record<string, string>] {
  if (values.alarms) return ['alarms', 'test/lab/alarms', {}];
  if (values.rounds) return ['scenarios', 'test/lab/recovery/failback.test.ts', { MUSTER_ROUNDS: values.rounds }];
  if (values.stages) return ['scenarios', 'test/lab/faults/source-dies.test.ts', { MUSTER_SEEDS: seeds('15') }];
  return ['unit', 'test/activities/faults', { MUSTER_SEEDS: seeds('20') }];
}

function seeds(usual: string): string {
  const count = Number(values.seeds ?? usual);
  return Array.from({ length: count }, (_, n) => Number(values.from) + n).join(',');
}
