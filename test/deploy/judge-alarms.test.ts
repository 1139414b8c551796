/** That the month of the lab's alarms would notice an alert which is late, missing, or says something that is not so. */
import { describe, expect, test } from 'vitest';
import type { Firing } from '../lab/alarms/support/alerts.ts';
import { judgeAlarms, type Problem } from '../lab/alarms/support/problem.ts';

const second = 1_000;
const full: Problem = {
  ...{ name: 'a full store', from: 100 * second, over: 300 * second },
  must: [{ alert: 'MusterBackupFailed', labels: { component: 'database' }, by: 160 * second }],
  may: ['MusterRpoNear'],
  stays: ['MusterBackupSuccessLow'],
};

function fired(alert: string, at: number, until?: number, component = 'database'): Firing {
  const resolved = until === undefined ? {} : { resolvedAt: until * second };
  return { alert, labels: { alertname: alert, component }, activeAt: at * second, firedAt: at * second, ...resolved };
}
const failed = fired('MusterBackupFailed', 150, 290);

describe('what fired in a month', () => {
  test('is as expected when each alert came in time and went with its cause', () => {
    const near = fired('MusterRpoNear', 200, 280);
    expect(judgeAlarms([full], [failed, near, fired('MusterBackupSuccessLow', 151)])).toEqual([]);
    // What has a longer window than the month may come again after a restart.
    expect(judgeAlarms([full], [failed, fired('MusterBackupSuccessLow', 400)])).toEqual([]);
  });

  test.each([
    ['did not fire', []],
    ['did not fire', [fired('MusterBackupFailed', 150, 290, 'logs')]],
    ['fired 61 s after the cause, and 60 s is the longest by its rule', [fired('MusterBackupFailed', 161, 290)]],
    ['should have been over at 00:05:00.0', [fired('MusterBackupFailed', 150, 301)]],
    ['should have been over at 00:05:00.0', [fired('MusterBackupFailed', 150)]],
    ['nothing was the matter', [failed, fired('MusterBackupSlow', 150, 160)]],
    ['nothing was the matter', [failed, fired('MusterRpoNear', 99, 160)]],
    ['nothing was the matter', [failed, fired('MusterRpoNear', 301, 310)]],
  ])('is wrong: %s', (words, all) => {
    expect(judgeAlarms([full], all).join('\n')).toContain(words);
  });
});
