/** A worker and the connections to the host die together, at any moment of the restore. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { randomOf } from '../support/random.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { host } from './in-restore.ts';

const steps = ['restore-configuration', 'restore-application', 'restore-certificates', 'restore-logs'];
const seeds = (process.env.MUSTER_SEEDS ?? '1,2,3').split(',').map(Number);
let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test.each(seeds)(
  'worker and SSH die at once at a random moment of the restore (seed %i): each job was started once and the point is there',
  async (seed) => {
    const { lab, jobs } = scenario;
    const random = randomOf(seed);
    const seconds = random() * 3;
    const worker = random() < 0.5 ? 'worker-us-west-2' : 'spare-us-west-2';
    await lab.kill('us-east-1');
    const { run } = (await scenario.startFailover()) as { run: string };
    await scenario.approve();

    // The host itself counts from the first job on: asking it from here would take longer than the restore.
    const strike = `until [ -s /var/lib/muster/jobs/${run}/${steps[0]}/1/1/identity ]; do sleep 0.01; done
    sleep ${seconds.toFixed(3)}; pkill -f '^sshd: root@'`;
    await until(
      'the host was struck',
      async () => {
        const { stderr } = await lab.ssh(host, strike);
        return /closed/i.test(stderr);
      },
      { timeoutMs: 60_000 },
    );
    await lab.process(worker, 'kill');
    const running = (await scenario.status()).stages
      .flatMap((stage) => stage.ranks.flat())
      .filter(({ state }) => state === 'running');
    console.log(
      `seed ${seed}: ${worker} and SSH died ${seconds.toFixed(2)} s into the restore, during ${running.map(({ id }) => id).join(', ')}`,
    );

    await scenario.finish();
    for (const step of steps) {
      const starts = await jobs.starts(host, run, step);
      expect([step, starts.map(({ name, exit }) => `${name} ${exit}`)]).toEqual([step, ['1/1 0']]);
    }
    await scenario.expectDataOf('us-west-2');
  },
);
