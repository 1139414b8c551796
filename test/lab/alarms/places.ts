/** What is for the places that points lie at, and for the keys they are sealed to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { labPaths } from '../../../lab/paths.ts';
import { withOverlay } from '../support/with-plan.ts';
import { backupsToday } from './backups.ts';
import { type Alarmed, caused, slack } from './support/alarmed.ts';
import { certificateUntil } from './support/short-certificate.ts';
import { short } from './support/short-plan.ts';

const s = 1_000;
const minute = 1 / 60;

export function places(alarmed: () => Alarmed, meanwhile: readonly string[]): void {
  test('the store of the standby and the vault are gone: what is left has no other copy', async () => {
    const { alerts, hours, lab, vault } = alarmed();
    const from = Date.now();
    await caused(
      () => Promise.all([lab.process('store-us-west-2', 'stop'), vault.unmount()]),
      () => Promise.all([lab.process('store-us-west-2', 'start'), vault.mount()]),
      async () => {
        const dr = { location: 'company-backups-dr' };
        await alerts.fired('MusterDrSiteUnavailable', { from, within: hours(5 * minute) + slack, labels: dr });
        await alerts.fired('MusterStorageUnavailable', { from, within: hours(5 * minute) + slack });
        await alerts.fired('MusterLocationDown', { from, within: hours(10 * minute) + slack, labels: dr });
        await alerts.fired('MusterLocationDown', {
          from,
          within: hours(10 * minute) + slack,
          labels: { location: 'vault' },
        });
        await alerts.fired('MusterReadingIncomplete', { from, within: hours(30 * minute) + slack });
        await alerts.fired('MusterReplicationLost', { from, within: hours(1) + slack, labels: dr });
      },
    );
    await alerts.quiet({ within: 3 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });
  });

  test('the vault can be read and not be written: its newest point grows old, and each backup fails', async () => {
    const { alerts, hours, vault } = alarmed();
    const from = Date.now();
    const within = (short.rpo + 2 * short.backup) * s + hours(10 * minute) + 2 * slack;
    await caused(
      () => vault.only('ro'),
      () => vault.only('rw'),
      () => alerts.fired('MusterReplicationBehind', { from, within, labels: { location: 'vault' } }),
    );
    await alerts.quiet({ within: 3 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });
  });

  test('the vault is nearly full', async () => {
    const { alerts, hours, vault } = alarmed();
    const from = Date.now();
    const labels = { location: 'vault' };
    await caused(
      () => vault.fill(8),
      () => vault.empty(),
      async () => {
        await alerts.fired('MusterStorageNearlyFull', { from, within: hours(5 * minute) + slack, labels });
        await alerts.fired('MusterStorageFilling', { from, within: hours(1) + slack, labels });
      },
    );
    await alerts.resolved('MusterStorageNearlyFull', { from, within: slack, labels });
    await alerts.resolved('MusterStorageFilling', { from, within: slack, labels });
    await alerts.nothingElseFired(from, ['MusterStorageNearlyFull', 'MusterStorageFilling', ...meanwhile]);
  });

  test('the certificate of the offline recipient ends in some days, in some hours, has ended', async () => {
    const { alerts, hours, lab } = alarmed();
    const file = join(labPaths(lab.dir).keys, 'muster', 'offline-short.crt');
    const from = Date.now();
    const labels = { recipient: 'offline' };
    const ends = async (at: number) => writeFileSync(file, (await certificateUntil(at)).cert);
    await ends(from + hours(20 * 24));
    await withOverlay(
      lab.dir,
      (overlay) => {
        overlay.offline.certificate.file = file;
      },
      async () => {
        await alerts.fired('MusterKeyExpiring', { from, within: slack, labels });
        await alerts.nothingElseFired(from, ['MusterKeyExpiring', ...meanwhile]);
        await ends(Date.now() + hours(5 * 24));
        await alerts.fired('MusterKeyExpiresSoon', { from, within: 2 * slack, labels });
        await ends(Date.now() - 1);
        await alerts.fired('MusterKeyExpired', { from, within: 3 * slack + hours(5 * minute), labels });
      },
    );
    await alerts.quiet({ within: 2 * short.backup * s + slack, except: [...backupsToday, ...meanwhile] });
  });
}
