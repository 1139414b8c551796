/** What is for Muster's own workers, its plans and its Temporal server: the last of these fire from Prometheus alone. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { regions } from '../../../lab/layout.ts';
import { labPaths } from '../../../lab/paths.ts';
import { metricsAddress, workersOf } from '../../../lab/processes/muster.ts';
import { withPlanText } from '../support/with-plan.ts';
import { backupsToday } from './backups.ts';
import { type Alarmed, caused, slack } from './support/alarmed.ts';
import { short } from './support/short-plan.ts';

const s = 1_000;
const minute = 1 / 60;

export function itself(alarmed: () => Alarmed, meanwhile: readonly string[]): void {
  const settled = () =>
    alarmed().alerts.quiet({ within: 3 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });

  test('one worker is killed: that one is told of, and the others go on', async () => {
    const { alerts, hours, lab } = alarmed();
    const from = Date.now();
    const labels = { instance: metricsAddress('spare-us-west-2', 'us-west-2') };
    await caused(
      () => lab.process('spare-us-west-2', 'kill'),
      () => lab.process('spare-us-west-2', 'start'),
      () => alerts.fired('MusterWorkerDown', { from, within: hours(10 * minute) + slack, labels }),
    );
    await alerts.resolved('MusterWorkerDown', { from, within: slack, labels });
    await alerts.nothingElseFired(from, ['MusterWorkerDown', ...meanwhile]);
  });

  test('the Temporal server is stopped: the workers say so', async () => {
    const { alerts, hours, lab } = alarmed();
    const from = Date.now();
    await caused(lab.temporal.stop, lab.temporal.start, () =>
      alerts.fired('MusterTemporalDown', { from, within: hours(5 * minute) + 2 * slack }),
    );
    await settled();
  });

  test('a plan cannot be read any more: what is known is old', async () => {
    const { alerts, hours, lab } = alarmed();
    const from = Date.now();
    await withPlanText(
      lab.dir,
      (text) => text.replace('service: spacetime', 'service: spacetime: spacetime'),
      async () => {
        await alerts.fired('MusterReadingStale', { from, within: hours(2 * 0.25) + slack });
      },
    );
    await settled();
  });

  test('a plan is taken away: nobody watches its service', async () => {
    const { alerts, hours, lab } = alarmed();
    const from = Date.now();
    const file = join(labPaths(lab.dir).plans, 'spacetime.yaml');
    await caused(
      () => rename(file, `${file}.away`),
      () => rename(`${file}.away`, file),
      () => alerts.fired('MusterServiceUnwatched', { from, within: hours(1) + slack }),
    );
    await settled();
  });

  test('all workers are dead: nobody is there, and the last known backup goes on ageing', async () => {
    const { alerts, hours, lab } = alarmed();
    const from = Date.now();
    const workers = regions.flatMap(({ name }) => workersOf(name));
    const all = (what: 'kill' | 'start') => Promise.all(workers.map((name) => lab.process(name, what)));
    await caused(
      () => all('kill'),
      () => all('start'),
      async () => {
        await alerts.fired('MusterNoWorker', { from, within: hours(10 * minute) + slack });
        await alerts.fired('MusterNothingKnown', { from, within: hours(1) + slack });
        const labels = { component: 'database' };
        await alerts.fired('MusterBackupCyclesMissed', { from, within: 3 * short.backup * s + slack, labels });
        await alerts.fired('MusterRpoExceeded', { from, within: short.rpo * s + hours(5 * minute) + slack, labels });
      },
    );
    await settled();
  });
}
