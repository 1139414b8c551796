/** What is for what stands around a service: who is told of it, the certificates that servers show, a database that stands by. */
import { test } from 'vitest';
import { attachReplica, detachReplica } from '../../../lab/spacetime/replica.ts';
import { withOverlay } from '../support/with-plan.ts';
import { backupsToday } from './backups.ts';
import { type Alarmed, caused, slack } from './support/alarmed.ts';
import { certificateUntil } from './support/short-certificate.ts';
import { short } from './support/short-plan.ts';
import { serveTls } from './support/tls-server.ts';

const s = 1_000;
const minute = 1 / 60;
/** ms that a notice is tried again for. */
const tried = 120_000;
const path = '/opt/spacetime/production/project.godot';

export function around(alarmed: () => Alarmed, meanwhile: readonly string[]): void {
  const settled = () =>
    alarmed().alerts.quiet({ within: 3 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });

  test('the receiver of notices is stopped: that nobody hears of anything is told by another way, until it takes one', async () => {
    const { alerts, hours, lab, muster, until, update } = alarmed();
    const from = Date.now();
    const labels = { receiver: 'team' };
    const asks = async () => {
      await muster(['restore', 'spacetime', '--path', path, '--by', 'ops', '--reason', 'a test']);
      await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    };
    const over = async () => {
      await update('abort', { by: 'ops', reason: 'it was only asked for' });
      await until('it is over', ({ phase }) => phase === 'aborted');
    };
    await caused(
      () => lab.process('notices', 'stop'),
      () => lab.process('notices', 'start'),
      async () => {
        await asks();
        const within = tried + hours(15 * minute) + 2 * slack;
        await alerts.fired('MusterReceiverUnreached', { from, within, labels });
        await over();
      },
    );
    await asks();
    await over();
    await alerts.resolved('MusterReceiverUnreached', { from, within: 2 * slack, labels });
    await settled();
  });

  test('the certificate that a server shows ends in some weeks, in some days', async () => {
    const { alerts, hours, lab } = alarmed();
    for (const [alert, days] of [
      ['MusterTlsEnding', 20],
      ['MusterTlsEndsSoon', 5],
    ] as const) {
      const from = Date.now();
      // Another server each time: what one showed is believed for a quarter of an hour.
      const server = await serveTls(lab, await certificateUntil(from + hours(24 * days)));
      const labels = { server: `the observer at ${server.host}` };
      try {
        await withOverlay(
          lab.dir,
          (overlay) => {
            overlay.observer = { ...overlay.observer, url: `https://${server.host}` };
          },
          () => alerts.fired(alert, { from, within: hours(5 * minute) + 2 * slack, labels }),
        );
      } finally {
        server.stop();
      }
      await alerts.resolved(alert, { from, within: 2 * slack, labels });
      await alerts.nothingElseFired(from, ['MusterTlsEnding', alert, ...backupsToday, ...meanwhile]);
    }
  });

  test('the standby database is stopped for an update, and nobody starts it', async () => {
    const { alerts, hours, lab, sh } = alarmed();
    const standby = 'db-us-west-2';
    const labels = { component: 'database' };
    await caused(
      () => attachReplica(lab),
      async () => {
        await detachReplica(lab);
        await lab.power(standby, 'off');
        await lab.untilPower(standby, 'off');
      },
      async () => {
        await alerts.quietFor(hours(10 * minute) + slack, [...backupsToday, ...meanwhile]);
        const from = Date.now();
        await sh(standby, 'systemctl stop postgresql');
        await alerts.fired('MusterStandbyBehind', { from, within: hours(10 * minute) + slack, labels });
        await sh(standby, 'systemctl start postgresql');
        await alerts.resolved('MusterStandbyBehind', { from, within: 2 * slack, labels });
        await alerts.nothingElseFired(from, ['MusterStandbyBehind', ...backupsToday, ...meanwhile]);
      },
    );
    await settled();
  });
}
