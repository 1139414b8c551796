/**
 * SpaceTime in the lab with a short plan, its workers read by a Prometheus that has the installed rules made short. Nothing is applied and
 * no recovery point is there yet.
 *
 *   const alarmed = await openAlarmed();
 *   await alarmed.muster(['schedules', 'apply', 'spacetime']);
 *   const from = Date.now();
 *   await alarmed.lab.process('worker-us-east-1', 'kill');
 *   await alarmed.alerts.fired('MusterWorkerDown', { from, within: alarmed.hours(10 / 60) + slack });
 */
import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import { regions } from '../../../../lab/layout.ts';
import { labPaths } from '../../../../lab/paths.ts';
import { workersOf } from '../../../../lab/processes/muster.ts';
import { openScenario } from '../../support/scenario.ts';
import { overlaid } from '../../support/with-plan.ts';
import { watchAlerts } from './alerts.ts';
import { startPrometheus } from './prometheus.ts';
import { factor, shortPlan } from './short-plan.ts';
import { vaultOf } from './vault.ts';

export { slack } from './short-plan.ts';

export type Alarmed = Awaited<ReturnType<typeof openAlarmed>>;

/** A cause, what it must lead to, and how it is mended, which is done also where a test has failed. */
export async function caused(
  cause: () => Promise<unknown>,
  mend: () => Promise<unknown>,
  leadsTo: () => Promise<unknown>,
) {
  try {
    await cause();
    await leadsTo();
  } finally {
    await mend();
  }
}

/** @param edit  what this test's plan has more, or otherwise; `vault`: a third location, which it may have in `storage` */
// biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML
export async function openAlarmed(edit: (overlay: any, vault: object) => void = () => {}) {
  const scenario = await openScenario();
  const { lab, muster } = scenario;
  const vault = vaultOf(lab);
  await vault.mount();
  const putBack = overlaid(lab.dir, (overlay) => {
    const prefix = `alarms-${Date.now()}`;
    shortPlan(overlay, prefix);
    edit(overlay, vault.location(prefix));
  });
  await forget();
  const prometheus = await startPrometheus(lab, factor);

  /** No report of an earlier test counts, and no worker remembers one. */
  async function forget(): Promise<void> {
    const workers = regions.flatMap(({ name }) => workersOf(name));
    await Promise.all(workers.map((name) => lab.process(name, 'kill')));
    rmSync(labPaths(lab.dir).reports, { recursive: true, force: true });
    await Promise.all(workers.map((name) => lab.process(name, 'start')));
  }

  async function apply(): Promise<void> {
    expect(await muster(['schedules', 'apply', 'spacetime'])).toMatchObject({ code: 0 });
  }

  /** Takes down what the tests set up: no schedule goes on, no backup of them runs. */
  async function close(): Promise<void> {
    await prometheus.stop();
    putBack();
    const none = overlaid(lab.dir, (overlay) => {
      overlay.schedules = [];
      overlay.drills = [];
    });
    await scenario.reset();
    await apply();
    none();
    await vault.unmount();
    await scenario.close();
  }

  return {
    ...scenario,
    vault,
    prometheus,
    alerts: watchAlerts(prometheus),
    apply,
    /** ms that so many hours of the rules take here. */
    hours: (count: number) => (count * 3_600_000) / factor,
    close,
  };
}
