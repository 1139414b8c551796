/**
 * Weighted records and a shortened time to live in the lab, under live writes: what a switchover does to them, and a shift of the shares in
 * stages, which goes back where the site does not bear them.
 */
import { beforeAll, expect, test } from 'vitest';
import { lookUp, putSets, setsOf } from '../support/record-sets.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { withOverlay } from '../support/with-plan.ts';

const main = 'spacetime-api.company.com';
const shared = 'spacetime-shared.company.com';
const [east, west] = ['10.77.1.10', '10.77.2.10'];
const half = 'shift-spacetime-shared-company-com-50';
let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  return async () => {
    await scenario.reset();
    await scenario.close();
  };
});

test('a switchover shortens the time to live before the writers stop, and gives the target all of a weighted name at once; then both sites serve, and a shift goes up in stages, and back where its site fails between two', async () => {
  await withOverlay(scenario.lab.dir, routed, async () => {
    const { lab, observer } = scenario;
    await putSets(lab, [
      { name: main, address: east, ttl: 5 },
      { name: shared, address: east, ttl: 1, weighted: ['blue', 100] },
      { name: shared, address: west, ttl: 1, weighted: ['green', 0] },
    ]);
    const began = new Date();
    await answers(main, { [east]: 5 });
    await scenario.planned('switchover', { pauseBefore: 'Stop the writers at us-east-1' });
    await answers(main, { [east]: 1 });
    expect(stepOf(await scenario.status(), 'lower-spacetime-api-company-com')?.outcome).toBe('1 s instead of 5 s');
    expect(await setsOf(lab, shared)).toEqual({ blue: 100, green: 0 });
    await scenario.untilWritten(5);
    await scenario.update('resume', { by: 'ops' });
    await scenario.finish();
    await answers(main, { [west]: 5 });
    expect(await setsOf(lab, shared)).toEqual({ blue: 0, green: 100 });
    await answers(shared, { [west]: 1 });
    await scenario.untilWritten(5);
    expect(await observer.lostWrites(began)).toMatchObject({ lost: 0 });

    // Both sites answer now, and users of the shared name may be given back to us-east-1.
    const power = (act: 'start' | 'stop') => scenario.sh('app-us-east-1', `systemctl ${act} godot-spacetime`);
    await power('start');
    const asked = ['traffic', 'shift', 'spacetime', '--to', 'us-east-1', '--by', 'ops', '--reason', 'a test'];
    const { code, stderr } = await scenario.muster(asked);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    expect(await scenario.approve()).toMatchObject({ taken: true });
    await scenario.pausedBefore('Give us-east-1 50 %');
    expect(await setsOf(lab, shared)).toEqual({ blue: 10, green: 90 });
    await answers(shared, { [east]: 1, [west]: 1 });

    await power('stop');
    await scenario.update('resume', { by: 'ops' });
    const failed = await scenario.until('the site does not bear it', (now) => stepOf(now, half)?.state === 'failed');
    expect(stepOf(failed, half)?.error).toMatchObject({
      type: 'ShiftUnhealthy',
      message: expect.stringMatching(/With 50 % .* is where it was: us-east-1 0 %, us-west-2 100 %/),
    });
    expect(await setsOf(lab, shared)).toEqual({ blue: 0, green: 100 });
    await answers(shared, { [west]: 1 });
    await scenario.untilWritten(5);

    await power('start');
    expect(await scenario.update('hold', { by: 'ops' })).toMatchObject({ taken: true });
    expect(await scenario.update('retry', { by: 'ops', step: half })).toMatchObject({ taken: true });
    await scenario.until('half of it is held', ({ needs }) => needs.some(({ what }) => what.includes('100 %')));
    expect(await setsOf(lab, shared)).toEqual({ blue: 50, green: 50 });
    await answers(shared, { [east]: 1, [west]: 1 });
    await scenario.update('resume', { by: 'ops' });
    await scenario.finish();
    expect(await setsOf(lab, shared)).toEqual({ blue: 100, green: 0 });
    await answers(shared, { [east]: 1 });
    expect(await scenario.addressOf()).toBe(west);
    expect(await observer.lostWrites(began)).toMatchObject({ lost: 0 });
  });
}, 600_000);

/** Address to time to live, as the name server comes to answer: it reads the zone anew every moment. */
async function answers(name: string, wanted: Record<string, number>): Promise<void> {
  await expect.poll(() => lookUp(scenario.lab, name), { timeout: 30_000 }).toEqual(wanted);
}

// biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML
function routed(overlay: any): void {
  const [first] = overlay.traffic.records;
  const sites = (ttl: string) => ({
    'us-east-1': { addresses: [east], ttl },
    'us-west-2': { addresses: [west], ttl },
  });
  const weighted = { identifiers: { 'us-east-1': 'blue', 'us-west-2': 'green' }, shifts: [10, 50, 100], hold: '1s' };
  overlay.traffic.records = [
    { ...first, sites: sites('5s'), wait: '5s', lowered: '1s' },
    { name: shared, type: 'A', wait: '1s', sites: sites('1s'), weighted },
  ];
}
