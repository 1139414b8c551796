/** What is for points that are damaged, and for restores that take too long. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pointFiles } from '../support/point-files.ts';
import { type Alarmed, slack } from './support/alarmed.ts';
import { short } from './support/short-plan.ts';

const s = 1_000;

export function proof(alarmed: () => Alarmed, meanwhile: readonly string[]): void {
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
    const { alerts, approve, finish, muster, restore, until } = alarmed();
    const path = '/opt/spacetime/production/project.godot';
    const asked = ['restore', 'spacetime', '--path', path, '--by', 'ops', '--reason', 'a test'];
    expect(await muster(asked)).toMatchObject({ code: 0 });
    await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    await pause(short.restore * s);
    const from = Date.now();
    await approve();
    await finish();
    const labels = { procedure: 'restore', escalate: 'director' };
    await alerts.fired('MusterRtoExceeded', { from, within: Date.now() - from + slack, labels });
    await restore('--path', path);
    await finish();
    await alerts.resolved('MusterRtoExceeded', { from, within: slack });
  });
}
