/** What is for the archived log of a database: Arcade has one, beside SpaceTime. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { db } from '../../../lab/arcade/layout.ts';
import { lowerArcade, raiseArcade } from '../../../lab/arcade/raise.ts';
import type { Lab } from '../../../lab/client.ts';
import { labPaths } from '../../../lab/paths.ts';
import { type Alarmed, slack } from './support/alarmed.ts';
import { short } from './support/short-plan.ts';

const s = 1_000;
/** s: RPO of the database with the log, and time between two shipments. */
const rpo = 1.5 * short.backup;
const every = short.backup / 3;

export function logs(alarmed: () => Alarmed): void {
  const succeed = async (...words: string[]) => expect(await alarmed().muster(words)).toMatchObject({ code: 0 });

  beforeAll(async () => {
    const { lab, prometheus } = alarmed();
    await raiseArcade(lab);
    shipOften(lab);
    await succeed('backup', 'arcade', '--by', 'tests', '--watch');
    await succeed('schedules', 'apply', 'arcade');
    await prometheus.untilAny(
      'its log is shipped',
      `transaction_log_lag_seconds{component="accounts"} < ${rpo}`,
      6 * slack,
    );
  });
  afterAll(async () => {
    const { lab } = alarmed();
    editPlan(lab, (plan) => {
      plan.schedules = [];
    });
    await succeed('schedules', 'apply', 'arcade');
    await lowerArcade(lab);
  });

  test('the database is stopped: nothing of its log is shipped, and what could be lost grows', async () => {
    const { alerts, hours, prometheus, sh } = alarmed();
    const from = Date.now();
    const labels = { service: 'arcade', component: 'accounts' };
    await sh(db.name, 'systemctl stop arcade-mariadb');
    await alerts.fired('MusterLogLag', { from, within: rpo * s + hours(5 / 60) + slack, labels });
    await sh(db.name, 'systemctl start arcade-mariadb');
    await prometheus.untilAny(
      'a log is shipped',
      `transaction_log_lag_seconds{component="accounts"} < ${rpo}`,
      6 * slack,
    );
    await alerts.resolved('MusterLogLag', { from, within: slack, labels });
  });
}

function shipOften(lab: Lab): void {
  editPlan(lab, (plan) => {
    plan.schedules = [{ name: 'log', procedure: 'log-shipping', every: `${every}s`, patience: '1s', wait: '10s' }];
    for (const component of plan.components) if (component.name === 'accounts') component.rpo = `${rpo}s`;
  });
}

interface ArcadePlan {
  schedules: object[];
  readonly components: { readonly name: string; rpo?: string }[];
}

function editPlan(lab: Lab, edit: (plan: ArcadePlan) => void): void {
  const file = join(labPaths(lab.dir).plans, 'arcade.yaml');
  const plan = parse(readFileSync(file, 'utf8')) as ArcadePlan;
  edit(plan);
  writeFileSync(file, stringify(plan));
}
