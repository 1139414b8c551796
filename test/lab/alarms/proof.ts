/** What is for points that are damaged, and for restores that take too long. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import { scheduleId } from '../../../domain/schedules/wanted-schedules.ts';
import { until } from '../../../lab/shell.ts';
import { pointFiles } from '../support/point-files.ts';
import { type Alarmed, caused, slack } from './support/alarmed.ts';
import { short } from './support/short-plan.ts';

const s = 1_000;

export function proof(alarmed: () => Alarmed, meanwhile: readonly string[]): void {
  async function withoutBackups(why: string, work: () => Promise<void>): Promise<void> {
    const { client } = alarmed();
    const often = client.schedule.getHandle(scheduleId('spacetime', 'often'));
    const backup = client.workflow.getHandle(workflowIdOf('spacetime', 'backup'));
    await caused(
      async () => {
        await often.pause(why);
        await until('no backup goes on', async () => (await backup.describe()).status.name !== 'RUNNING', {
          timeoutMs: 2 * short.backup * s,
        });
      },
      () => often.unpause(),
      work,
    );
  }

  test('the newest point is damaged at every place: a look says so, and that it was no exception', async () => {
    const { alerts, hours, muster, prometheus, vault } = alarmed();
    let from = Date.now();
    const damaged = async () => {
      from = Date.now();
      const files = await pointFiles(alarmed());
      const looked = async () => (await muster(['verify', 'spacetime', files.id, '--by', 'tests'])).code;
      await files.change(
        'archives/*/database/00000.0*',
        (file) => `printf X | dd of=${file} bs=1 seek=600 conv=notrunc 2>/dev/null`,
        async () => {
          await vault.damage(files.id, 'database/00000.0*');
          expect(await looked()).not.toBe(0);
          const within = Date.now() - from + slack;
          await alerts.fired('MusterRestoreValidationFailed', { from, within, labels: { kind: 'verify' } });
          await alerts.fired('MusterNewestPointQuarantined', { from, within });
          await alerts.fired('MusterVerificationLow', { from, within: within + hours(5 / 60) });
        },
      );
    };
    await withoutBackups('so that the point stays the newest', damaged);
    // The damaged point stays bad; the next one is good.
    await alerts.resolved('MusterNewestPointQuarantined', { from, within: 2 * short.backup * s + slack });
    expect((await muster(['verify', 'spacetime', '--by', 'tests'])).code).toBe(0);
    await alerts.resolved('MusterRestoreValidationFailed', { from, within: slack });
    // One that failed is less than a twentieth only of more than twenty.
    const mended = async () => (await prometheus.query('max(backup_verification_success_ratio) >= 0.95')).length > 0;
    for (let look = 0; look < 40 && !(await mended()); look += 1)
      await muster(['verify', 'spacetime', '--by', 'tests']);
    await alerts.resolved('MusterVerificationLow', { from, within: slack });
  });

  test('a manifest is changed at one place: its points are not believed there', async () => {
    const { alerts, hours } = alarmed();
    const from = Date.now();
    const files = await pointFiles(alarmed());
    await files.change(
      'points/*/manifest.json',
      (file) => `sed -i 's/database/databank/' ${file}`,
      async () => {
        const labels = { location: 'company-backups-dr', reason: 'ManifestTampered' };
        await alerts.fired('MusterPointsRefused', { from, within: slack + hours(5 / 60), labels });
      },
      ['us-west-2'],
    );
    await alerts.resolved('MusterPointsRefused', { from, within: slack });
    await alerts.nothingElseFired(from, ['MusterPointsRefused', ...meanwhile]);
  });

  test('nobody answers the go of a restore in time: it takes longer than was promised, until one is in time', async () => {
    const { alerts, approve, finish, muster, restore, until: untilRun } = alarmed();
    const path = '/opt/spacetime/production/project.godot';
    const asked = ['restore', 'spacetime', '--path', path, '--by', 'ops', '--reason', 'a test'];
    expect(await muster(asked)).toMatchObject({ code: 0 });
    await untilRun('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    await pause(short.restore * s);
    const labels = { procedure: 'restore', escalate: 'director' };
    const from = Date.now();
    // A step that finds its component taken by a backup waits for a person.
    await withoutBackups('while a restore goes on', async () => {
      const began = Date.now();
      await approve();
      await finish();
      await alerts.fired('MusterRtoExceeded', { from: began, within: Date.now() - began + slack, labels });
      await restore('--path', path);
      await finish();
    });
    await alerts.resolved('MusterRtoExceeded', { from, within: slack });
  });
}
