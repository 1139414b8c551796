/** What `muster plan check --live` says of a plan, asked of moto as the command asks AWS. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { liveFindings } from '../../../scripts/cli/live-check.ts';
import { ordersDatabase, seedReplica, west } from '../../activities/databases/rds/two-regions.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { plansFolder, spacetimePlan } from '../../support/plan.ts';

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
  await seedReplica(aws);
});
afterAll(() => aws.stop());
afterEach(() => vi.unstubAllEnvs());

test('the replica is asked for, and one that is gone is named with what to do', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', aws.rdsFront.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const plan = { ...(await spacetimePlan()), databases: [ordersDatabase()], storage: {}, observer: undefined };
  const said = async () => (await liveFindings(plan, plansFolder)).find(({ what }) => what === 'database orders');
  expect(await said()).toEqual({ what: 'database orders', ok: true, found: 'its replica follows' });
  const gone = { ...ordersDatabase().sites, [west]: { instance: 'orders-gone' } };
  plan.databases = [ordersDatabase({ sites: gone })];
  expect(await said()).toMatchObject({
    ok: false,
    found:
      'databases[0].sites.us-west-2: There is no DB instance orders-gone in us-west-2. Try: correct the identifier, or make the read replica.',
  });
});

test('hosts and names of the plan are asked for, with the place in the plan of what is not there', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', aws.motoUrl);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const plan = { ...(await spacetimePlan()), storage: {}, observer: undefined };
  const said = await liveFindings(plan, plansFolder);
  const of = (what: string) => said.find((each) => each.what === what);
  expect(of('hosts app of us-east-1')).toMatchObject({
    ok: false,
    found: expect.stringMatching(/^sites\.us-east-1\.hosts\.app: No instances in us-east-1 have the tags/),
  });
  const name = plan.traffic.records[0]?.name;
  expect(of(`name ${name}`)).toMatchObject({ ok: false, found: expect.stringMatching(/^traffic\.zone: .* Try: /) });
});
