/** us-east-1 is dead, and with it Route 53's control plane: every change of a record is refused. The switch object still moves the name. */
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { clearFaults, setFault } from '../../../lab/aws/faults.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { withOverlay } from '../support/with-plan.ts';

const name = 'spacetime-api.company.com';
const beside = 'spacetime-plain.company.com';
let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());
afterEach(async () => void (await clearFaults(scenario.lab.awsControl)));

test('us-east-1 dead and Route 53 refusing changes: users are led to the standby by the object, the name beside waits for Route 53', async () => {
  await withOverlay(scenario.lab.dir, bySwitch, async () => {
    const { lab, observer } = scenario;
    const prepared = await scenario.muster(['traffic', 'prepare', 'spacetime', '--apply', '--json']);
    expect(prepared).toMatchObject({ code: 0, json: { applied: true, names: [{ name }] } });
    expect(await scenario.muster(['traffic', 'check', 'spacetime'])).toMatchObject({ code: 0 });
    expect(await scenario.addressOf()).toBe('10.77.1.10');

    await lab.kill('us-east-1');
    await setFault(lab.awsControl, { service: 'route53', kind: 'error500' });
    const assessed = await scenario.startFailover();
    expect(assessed?.risks.map(({ id }) => id)).not.toContain('switch-not-ready');
    await scenario.approve();
    const seen = 'see-from-outside';
    const served = await scenario.until('users are served', (now) => stepOf(now, seen)?.state === 'done');
    expect(await scenario.addressOf()).toBe('10.77.2.10');
    expect(stepOf(served, 'switch-spacetime-api-company-com')?.outcome).toBe('moved');
    expect(stepOf(served, 'withdraw-spacetime-plain-company-com')?.state).toBe('failed');
    expect(served).toMatchObject({ needs: [], clock: { recovered: { source: expect.stringContaining('observer') } } });
    expect((await observer.state()).state).toBe('ok');

    // The name beside it is tried until Route 53 is back.
    expect(await scenario.addressOf(beside)).toBe('10.77.1.10');
    await clearFaults(lab.awsControl, { mustBeHit: true });
    await scenario.finish();
    expect(await scenario.addressOf(beside)).toBe('10.77.2.10');
    await scenario.expectDataOf('us-west-2');

    // Health checks and records stand as they were, so the way home is as short.
    await lab.heal('us-east-1');
    const there = await scenario.muster(['traffic', 'check', 'spacetime', '--json']);
    expect(there.json).toMatchObject({ names: [{ name, site: 'us-west-2', good: true }, {}] });
    expect(await scenario.addressOf()).toBe('10.77.2.10');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML
function bySwitch(overlay: any): void {
  const [main, second] = overlay.traffic.records;
  const { withdrawn, ...rest } = main;
  overlay.traffic.records = [
    { ...rest, via: 'switch' },
    { ...second, withdrawn },
  ];
}
