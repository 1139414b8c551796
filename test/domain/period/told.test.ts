import { expect, test } from 'vitest';
import type { PeriodReport } from '../../../domain/period/shape.ts';
import { toldOf } from '../../../domain/period/told.ts';

const objective = (name: string, verdict: 'met' | 'missed' | 'unknown') => ({ name, verdict, target: '', basis: '' });
const nothing = { objectives: [], findings: [], findingsLeftOut: 0, unread: [] };

test('a report in one sentence names the objectives that were missed, and counts what is open and what could not be read', () => {
  const findings = [
    { what: 'Skipped', text: 'a' },
    { what: 'Failed', text: 'b', closedBy: 'run' },
  ];
  const objectives = [objective('RPO', 'missed'), objective('RTO', 'met'), objective('drills', 'unknown')];
  const unread = [
    { place: 'east', run: 'a', why: 'x' },
    { place: 'east', run: 'b', why: 'y' },
  ];
  expect(toldOf({ ...nothing, objectives, findings, unread } as unknown as PeriodReport)).toBe(
    '1 of 3 objectives met, 1 missed (RPO); 1 open finding; 1 place could not be read whole',
  );
  expect(toldOf({ ...nothing } as unknown as PeriodReport)).toBe('0 of 0 objectives met; no open findings');
});
