/** Route 53 took the change of a name and lost it, after users were served: it is noticed in the watch, and made again. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { watchedLonger, withOverlay } from '../support/with-plan.ts';

const beside = 'spacetime-plain.company.com';
let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a name that leads back to the dead site is put again, and people are told', async () => {
  await withOverlay(scenario.lab.dir, watchedLonger, async () => {
    const { lab } = scenario;
    await lab.kill('us-east-1');
    await scenario.startFailover();
    await scenario.approve();
    await scenario.until('the service is watched', (now) => stepOf(now, 'watch')?.state === 'running');
    expect(await scenario.addressOf(beside)).toBe('10.77.2.10');
    await lose();
    // The watch may have led it back before a test can ask for it: that it was lost is in what the run says.
    const told = await scenario.until('it is put again', ({ timeline }) =>
      timeline.some(({ text }) => text.includes(`${beside} pointed 10.77.1.10 although it was led to us-west-2`)),
    );
    expect(told.needs).toEqual([]);
    await until('it leads there again', async () => (await scenario.addressOf(beside)) === '10.77.2.10');
    await scenario.update('skip', { by: 'ops', step: 'watch', reason: 'seen enough' });
    await scenario.finish();
  });
});

/** The record is what it was before the run, as if the change had never been taken. */
async function lose(): Promise<void> {
  const script = `
    const { Route53Client, ChangeResourceRecordSetsCommand, ListHostedZonesByNameCommand } = await import('@aws-sdk/client-route-53');
    const client = new Route53Client({ region: 'us-east-1' });
    const { HostedZones } = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'company.com' }));
    const ResourceRecordSet = { Name: '${beside}', Type: 'A', TTL: 1, ResourceRecords: [{ Value: '10.77.1.10' }] };
    const Changes = [{ Action: 'UPSERT', ResourceRecordSet }];
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: HostedZones[0].Id, ChangeBatch: { Changes } }));`;
  const { code, stderr } = await scenario.lab.exec([process.execPath, '--input-type=module', '-e', script]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}
