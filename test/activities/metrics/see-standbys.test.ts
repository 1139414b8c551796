/** How far a standby is behind, as metrics: of two real PostgreSQL servers, whichever of them is the standby. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { promoteDatabase } from '../../../activities/databases/replica/promote-database.ts';
import { reattachReplica } from '../../../activities/databases/replica/reattach-replica.ts';
import { seeStandbys } from '../../../activities/metrics/see-standbys.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { makePair, newRun, type Pair, type Side } from '../databases/replica-pair.ts';

let pair: Pair;
let plan: Plan;
beforeAll(async () => {
  pair = await makePair();
  const { sites, ...rest } = await spacetimePlan();
  const [primary, standby] = Object.values(sites);
  const at = ({ host }: Side) => ({ region: host.site, hosts: { db: { addresses: [host.address] } }, ssh: host.ssh });
  plan = {
    ...rest,
    components: [pair.component],
    sites: { east: { ...primary, ...at(pair.east) }, west: { ...standby, ...at(pair.west) } } as Plan['sites'],
  };
}, 60_000);
afterAll(() => pair?.end());

async function seen() {
  const { host } = await pair.context();
  const noCloud = () => Promise.reject(new Error('the plan names addresses'));
  return (await seeStandbys(plan, { host, ec2: noCloud })).database;
}
const until = (look: () => Promise<void>) => vi.waitFor(look, { timeout: 20_000, interval: 200 });

test('no standby, one that streams, one that does not replay, one that is off, and the other way round', async () => {
  const { east, west } = pair;
  // Both take writes: neither is a standby.
  expect(await seen()).toEqual({ streaming: false });
  const given = { component: pair.component, host: west.host, peer: east.host };
  await reattachReplica.run(given, await pair.context({ run: newRun(), step: 'reattach' }));
  await until(async () => expect(await seen()).toEqual({ streaming: true, bytes: 0, seconds: 0 }));

  await east.sql('CREATE TABLE small (id int)');
  await until(async () => expect(await west.sql("SELECT to_regclass('small')")).toBe('small'));
  await west.sql('SELECT pg_wal_replay_pause()');
  await east.sql('CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 2000) i');
  await until(async () => expect((await seen())?.bytes).toBeGreaterThan(1_000_000));
  expect(await seen()).toMatchObject({ streaming: true, seconds: expect.any(Number) });
  expect((await seen())?.seconds).toBeGreaterThan(0);
  await west.sql('SELECT pg_wal_replay_resume()');
  await until(async () => expect(await seen()).toMatchObject({ streaming: true, seconds: 0 }));

  await west.sh(pair.component.standby.stop);
  expect(await seen()).toEqual({ streaming: false });
  await west.sh(pair.component.standby.start);
  await until(async () => expect((await seen())?.streaming).toBe(true));

  await east.sh(pair.component.standby.stop);
  const promote = { component: pair.component, host: west.host, peer: east.host, proof: 'failover' as const };
  await promoteDatabase.run(promote, await pair.context({ run: newRun(), step: 'promote' }));
  expect(await seen()).toEqual({ streaming: false });
  const back = { component: pair.component, host: east.host, peer: west.host };
  await reattachReplica.run(back, await pair.context({ run: newRun(), step: 'reattach' }));
  await until(async () => expect(await seen()).toMatchObject({ streaming: true, seconds: 0 }));
}, 120_000);

test('a plan without such a standby asks nobody', async () => {
  const nobody = () => Promise.reject(new Error('asked'));
  expect(await seeStandbys({ ...plan, components: [] }, { host: nobody, ec2: nobody })).toEqual({});
});
