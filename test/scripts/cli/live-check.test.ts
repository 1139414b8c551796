/** What `muster plan check --live` says of a database of RDS, asked of moto as the command asks AWS. */
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
    found: 'There is no DB instance orders-gone in us-west-2. Try: correct the identifier, or make the read replica.',
  });
});
