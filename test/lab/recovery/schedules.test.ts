/** What happens by itself, on real workers, hosts and stores: applied, begun, waited for; backed up only when something changed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { withOverlay, withPlan } from '../support/with-plan.ts';

interface Listed {
  readonly schedules: { readonly name: string; readonly last?: { readonly outcome: string; readonly why?: string } }[];
  readonly troubles: string[];
}
interface Points {
  readonly points: { readonly label: string; readonly kind: string; readonly components: string[] }[];
}

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

const listed = async () => (await scenario.muster(['schedules', 'list', 'spacetime', '--json'])).json as Listed;
const points = async () => ((await scenario.muster(['points', 'spacetime', '--json'])).json as Points).points;

/** Begins a schedule and answers what became of it, once that is something else than before. */
async function run(name: string): Promise<string> {
  const lastOf = async () => (await listed()).schedules.find((each) => each.name === name)?.last;
  const before = JSON.stringify(await lastOf());
  expect(await scenario.muster(['schedules', 'run', 'spacetime', name])).toMatchObject({ code: 0 });
  let outcome = '';
  await until(
    `${name} has ended`,
    async () => {
      const last = await lastOf();
      outcome = `${last?.outcome}: ${last?.why}`;
      return JSON.stringify(last) !== before && last?.outcome !== 'running';
    },
    { timeoutMs: 120_000 },
  );
  return outcome;
}

test('schedules of the plan take points by their kinds, and the configuration only when it has changed', async () => {
  const { dir } = scenario.lab;
  // Points of its own place, so that those of the other tests stay the newest there.
  const elsewhere = (overlay: { storage: Record<string, { prefix?: string }> }) => {
    for (const location of Object.values(overlay.storage)) location.prefix = 'by-schedule';
  };
  await withOverlay(dir, elsewhere, async () => {
    const applied = await scenario.muster(['schedules', 'apply', 'spacetime', '--json']);
    expect(applied.code).toBe(0);
    expect((await listed()).troubles).toEqual([]);
    // None of them falls due by the clock while this test counts points; what is begun by hand begins all the same.
    expect(await scenario.muster(['schedules', 'pause', 'spacetime'])).toMatchObject({ code: 0 });

    expect(await run('hourly')).toContain('done: Recovery point');
    expect(await run('hourly')).toContain('done: Recovery point');
    expect(await run('on-change')).toContain('done: Recovery point');
    expect(await run('on-change')).toBe(
      'unchanged: configuration, certificates: nothing has changed since the last look',
    );
    // The same mode again: only the time at which it was set is another.
    const { code } = await scenario.lab.ssh(
      'app-us-east-1',
      'chmod "$(stat -c %a /etc/security/limits.conf)" /etc/security/limits.conf',
    );
    expect(code).toBe(0);
    expect(await run('on-change')).toContain('done: Recovery point');

    const taken = (await points()).map(({ label, kind, components }) => `${label} ${kind} ${components.length}`);
    expect(taken).toEqual(['configuration full 2', 'configuration full 2', 'hourly incremental 5', 'hourly full 5']);
    const rpo = await scenario.muster(['rpo', 'spacetime']);
    expect(rpo).toMatchObject({ code: 0, stdout: expect.stringMatching(/database .* met/) });
  });
  await withPlan(
    dir,
    (plan) => {
      plan.schedules = [];
    },
    async () => {
      expect(await scenario.muster(['schedules', 'apply', 'spacetime'])).toMatchObject({ code: 0 });
    },
  );
}, 400_000);
