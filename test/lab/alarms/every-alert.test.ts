/** The alerts of the installed rules, fired by what they are for, in a lab; and none while all is well. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Alarmed, openAlarmed, slack } from './support/alarmed.ts';

let alarmed: Alarmed;
beforeAll(async () => {
  alarmed = await openAlarmed();
});
afterAll(() => alarmed?.close());

describe('a service that was just put under Muster', () => {
  test('has no schedule and no backup until its plan is applied, and then nothing fires any more', async () => {
    const { alerts, hours, apply } = alarmed;
    const from = Date.now();
    const within = hours(1) + slack;
    for (const schedule of ['often', 'looks', 'drill-rehearsal'])
      await alerts.fired('MusterScheduleNotInPlace', { from, within, labels: { schedule } });
    await alerts.fired('MusterBackupNone', { from, within, labels: { component: 'database' } });
    await alerts.fired('MusterNothingKnown', { from, within });
    await alerts.fired('MusterReplicationLost', { from, within, labels: { location: 'company-backups-dr' } });
    await apply();
    await alerts.quiet({ within: 120_000 });
    await alerts.quietFor(90_000);
  });
});
