/** What stands aside for a recovery: every kind of drill, whichever recovery holds the lease, before anything is read or made. */
import { expect, test } from 'vitest';
import { standAside } from '../../../activities/assessment/stand-aside.ts';
import { type Procedure, procedures, traitsOf } from '../../../domain/playbook/procedures.ts';
import type { AssessCall } from '../../../domain/run/protocol.ts';

const drills = procedures.filter((each) => traitsOf(each).drill && traitsOf(each).hosts);
const recoveries = procedures.filter((each) => traitsOf(each).restores && !traitsOf(each).drill);

function asked(procedure: Procedure, holder: Procedure, settled = false) {
  const lease = {
    format: 1,
    service: 'spacetime',
    generation: 1,
    run: 'another',
    procedure: holder,
    holder: 'dana',
  } as const;
  const until = { since: '2026-11-20T10:00:00.000Z', until: '2027-01-01T00:00:00.000Z', settled };
  const leases = async () => [{ location: 'company-backups', lease: { ...lease, ...until } }];
  return standAside({ procedure, run: 'mine', service: 'spacetime' } as AssessCall, { leases });
}

test('there are drills and recoveries to try', () => {
  expect(drills).toEqual(expect.arrayContaining(['drill', 'test-restore', 'isolated-drill']));
  expect(recoveries).toEqual(expect.arrayContaining(['failover', 'full-recovery', 'restore']));
});

test.each(drills)(
  'a %s is refused while any recovery runs, in words that name it, and goes once that is settled',
  async (drill) => {
    for (const recovery of recoveries) {
      await expect(asked(drill, recovery)).rejects.toMatchObject({
        type: 'RecoveryUnderWay',
        message: expect.stringContaining(recovery),
      });
      await expect(asked(drill, recovery, true)).resolves.toBeUndefined();
    }
  },
);
