/** What is for backups that fail, are slow, or hold less or more than before. */
import { expect, test } from 'vitest';
import { query } from '../support/truth.ts';
import { type Alarmed, caused, slack } from './support/alarmed.ts';
import { short } from './support/short-plan.ts';

const site = 'us-east-1';
const s = 1_000;
/** Of the last day: what failed today is told until tomorrow. */
export const backupsToday = ['MusterBackupSuccessLow'];

export function backups(alarmed: () => Alarmed, meanwhile: readonly string[]): void {
  test('the database is stopped: each backup fails, and one rule after the other says how bad that is', async () => {
    const { alerts, hours, sh } = alarmed();
    const from = Date.now();
    await caused(
      () => sh(`db-${site}`, 'systemctl stop postgresql'),
      () => sh(`db-${site}`, 'systemctl start postgresql'),
      async () => {
        const labels = { component: 'database' };
        const run = short.backup * s + slack;
        await alerts.fired('MusterBackupFailed', { from, within: run + slack, labels });
        await alerts.fired('MusterBackupSuccessLow', { from, within: run + hours(5 / 60) + slack });
        const age = (seconds: number) => ({ from, within: seconds * s + slack, labels });
        await alerts.fired('MusterBackupLate', age(1.5 * short.backup));
        await alerts.fired('MusterRpoNear', age(0.8 * short.rpo + hours(0.25) / s));
        await alerts.fired('MusterBackupTooOld', age(2 * short.backup));
        await alerts.fired('MusterScheduleMissed', { ...age(2 * short.backup), labels: { schedule: 'often' } });
        await alerts.fired('MusterRpoExceeded', age(short.rpo + hours(5 / 60) / s));
        await alerts.fired('MusterBackupCyclesMissed', age(3 * short.backup));
        await alerts.fired('MusterBackupFailedAgain', { from, within: 3 * run + slack, labels });
        await alerts.fired('MusterRpoExceededTwice', age(2 * short.rpo));
        await alerts.nothingElseFired(from, [
          ...[
            'MusterBackupFailed',
            'MusterBackupSuccessLow',
            'MusterBackupLate',
            'MusterRpoNear',
            'MusterBackupTooOld',
          ],
          ...['MusterScheduleMissed', 'MusterRpoExceeded', 'MusterBackupCyclesMissed', 'MusterBackupFailedAgain'],
          ...['MusterRpoExceededTwice', ...meanwhile],
        ]);
      },
    );
    await alerts.quiet({ within: 2 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });
  });

  test('a migration holds a table, and the certificates have grown: the backup is slow, its size is another', async () => {
    const { alerts, hours, lab, muster, sh } = alarmed();
    const grown = '/etc/ssl/certs/spacetime-grown.pem';
    const from = Date.now();
    await sh(`app-${site}`, `head -c 400000 /dev/urandom | base64 >${grown}`);
    const held = query(lab, site, `BEGIN; LOCK TABLE telemetry; SELECT pg_sleep(${short.run + 10}); COMMIT`);
    const backup = muster(['backup', 'spacetime', '--by', 'tests', '--watch']);
    await held;
    expect(await backup).toMatchObject({ code: 0 });
    const within = (2 * short.backup + short.run + 10) * s + slack;
    await alerts.fired('MusterBackupSlow', { from, within });
    await alerts.fired('MusterBackupSizeChanged', {
      ...{ from, labels: { component: 'certificates' } },
      within: within + hours(10 / 60),
    });
    // The other backups waited for the slow one.
    await alerts.nothingElseFired(from, [
      ...['MusterBackupSlow', 'MusterBackupSizeChanged', 'MusterBackupLate', 'MusterRpoNear', ...meanwhile],
    ]);
    await sh(`app-${site}`, `rm ${grown}`);
    await alerts.quiet({ within: 2 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });
  });
}
