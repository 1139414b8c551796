/** A standby streams, is promoted with proof or without, and the old primary joins it: two real PostgreSQL servers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitReplica } from '../../../activities/databases/replica/await-replica.ts';
import { demoteDatabase } from '../../../activities/databases/replica/demote-database.ts';
import { promoteDatabase } from '../../../activities/databases/replica/promote-database.ts';
import { reattachReplica } from '../../../activities/databases/replica/reattach-replica.ts';
import { waitFor } from '../../../activities/waiting.ts';
import { makePair, newRun, type Pair, password, type Side } from './replica-pair.ts';

let pair: Pair;
let written = 0;
beforeAll(async () => {
  pair = await makePair();
  await pair.east.sql('CREATE TABLE orders (id int PRIMARY KEY, at text)');
}, 60_000);
afterAll(() => pair?.end());

const write = async (side: Side, rows: number, at: string) => {
  await side.sql(`INSERT INTO orders SELECT i, '${at}' FROM generate_series(${written + 1}, ${written + rows}) i`);
  written += rows;
};
const rows = async (side: Side) => await side.sql('SELECT count(*), coalesce(max(id), 0) FROM orders');
const given = (host: Side, peer: Side, parts = {}) => {
  return { component: { ...pair.component, ...parts }, host: host.host, peer: peer.host };
};
const reattach = async (host: Side, peer: Side, run = newRun()) =>
  await reattachReplica.run(given(host, peer), await pair.context({ run, step: 'reattach' }));
const demote = async (host: Side, peer: Side, run = newRun()) =>
  await demoteDatabase.run(given(host, peer), await pair.context({ run, step: 'demote' }));
const promote = async (host: Side, peer: Side, run: string, outputs?: Record<string, unknown>, generation = 1) =>
  await promoteDatabase.run(
    { ...given(host, peer), proof: outputs ? 'demoted' : 'failover' },
    await pair.context({ run, step: 'promote', generation, outputs: outputs ?? {} }),
  );
const caughtUp = async (host: Side, peer: Side) =>
  await awaitReplica.run(given(host, peer), await pair.context({ step: 'await' }));
async function until(probe: () => Promise<boolean>): Promise<void> {
  const found = await waitFor({ within: 10_000, signal: new AbortController().signal }, async () =>
    (await probe()) ? true : undefined,
  );
  if (!found) throw new Error('it did not come true');
}
const quick = () => ({ standby: { ...pair.component.standby, within: 1_500 } });

describe('a standby that streams', () => {
  it('is made of a server with another cluster, which is kept; the password is in its passfile alone', async () => {
    const { east, west } = pair;
    await write(east, 1_000, 'before');
    const run = newRun();
    const joined = await reattach(west, east, run);
    expect(joined.outcome).toContain('streams from east: it was copied anew (pg_basebackup); it is another cluster');
    expect(joined.kept).toEqual([`/srv/pg/data.diverged-${run}`]);
    expect(await west.sh('cat /srv/pg/data.diverged-*/PG_VERSION')).toBe('15\n');
    expect(await west.sql('SHOW cluster_name')).toBe('west');
    expect(await rows(west)).toBe('1000|1000');
    expect((await west.sh('stat -c "%a %U" /srv/pg/.muster-other_side.pgpass')).trim()).toBe('600 postgres');
    const found = await west.sh(
      `grep -rlF -e '${password.replaceAll(':', '\\:').replaceAll('\\w', '\\\\w')}' /srv/pg /var/lib/muster || true`,
    );
    expect(found.trim()).toBe('/srv/pg/.muster-other_side.pgpass');
    expect((await reattach(west, east)).outcome).toBe('it streams already');
    expect((await caughtUp(west, east)).outcome).toContain('caught up: 0 bytes');
  }, 60_000);

  it('is waited for, and called behind when it does not replay', async () => {
    const { east, west } = pair;
    await west.sh(pair.component.standby.stop);
    const impatient = awaitReplica.run(given(west, east, quick()), await pair.context({ step: 'await' }));
    await expect(impatient).rejects.toMatchObject({ type: 'ReplicaBehind' });
    await expect(demote(east, west)).rejects.toMatchObject({ type: 'ReplicaNotStreaming' });
    expect(await east.sql('SELECT pg_is_in_recovery()')).toBe('f');
    await west.sh(pair.component.standby.start);
    expect((await caughtUp(west, east)).outcome).toContain('caught up');
  }, 60_000);
});

describe('a switchover', () => {
  it('is taken back while nothing is promoted: the primary takes writes again', async () => {
    const { east, west } = pair;
    const context = await pair.context({ step: 'demote' });
    const before = await demoteDatabase.before?.(given(east, west), context);
    await demoteDatabase.run(given(east, west), context);
    await expect(east.sql('SELECT 1')).rejects.toThrow();
    expect(await demoteDatabase.undo?.(given(east, west), before, context)).toMatchObject({
      outcome: 'database takes writes at east again',
    });
    await write(east, 10, 'after the undo');
    expect((await caughtUp(west, east)).outcome).toContain('caught up');
  }, 60_000);

  it('promotes nothing without the token, or once the demoted primary writes again', async () => {
    const { east, west } = pair;
    const run = newRun();
    await expect(promote(west, east, run, {})).rejects.toMatchObject({ type: 'NoDemotion' });
    const demoted = await demote(east, west, run);
    const other = { ...demoted, token: { ...demoted.token, systemIdentifier: '1' } };
    await expect(promote(west, east, run, { other })).rejects.toMatchObject({ type: 'NotPromotable' });
    await east.sh(pair.component.standby.start);
    await caughtUp(west, east);
    await expect(promote(west, east, run, { demoted })).rejects.toMatchObject({ type: 'NotPromotable' });
    await write(east, 10, 'after the token');
    await caughtUp(west, east);
    await east.sh(pair.component.standby.stop);
    await expect(promote(west, east, run, { demoted })).rejects.toMatchObject({
      type: 'NotPromotable',
      message: expect.stringContaining('written after the demotion'),
    });
    expect(await west.sql('SELECT pg_is_in_recovery()')).toBe('t');
    await east.sh(pair.component.standby.start);
    await caughtUp(west, east);
  }, 60_000);

  it('loses no row, can be run twice, and the old primary follows without a copy', async () => {
    const { east, west } = pair;
    await write(east, 5_000, 'last moment');
    const run = newRun();
    const demoted = await demote(east, west, run);
    expect(demoted.token).toMatchObject({ timeline: 1 });
    expect((await demote(east, west, run)).token).toEqual(demoted.token);
    const promoted = await promote(west, east, run, { demoted });
    expect(promoted).toMatchObject({ timeline: 2, outcome: 'promoted to timeline 2', noted: [] });
    expect(await rows(west)).toBe(`${written}|${written}`);
    await write(west, 100, 'on the new timeline');
    expect((await promote(west, east, run, { demoted }, 2)).outcome).toBe('promoted already');
    const again = promoteDatabase.run(
      { ...given(west, east), proof: 'failover' },
      await pair.context({ step: 'other-run' }),
    );
    await expect(again).rejects.toMatchObject({ type: 'NotPromotable' });
    const joined = await reattach(east, west);
    expect(joined).toMatchObject({ kept: [], noted: [] });
    expect(joined.outcome).toContain('it went on from where it was; the new primary has all that it wrote');
    await caughtUp(east, west);
    expect(await rows(east)).toBe(`${written}|${written}`);
    expect(await west.sql('SELECT slot_name, active FROM pg_replication_slots')).toBe('other_side|t');
  }, 60_000);
});

describe('a failover', () => {
  it('promotes what is there; the old primary is taken back by pg_rewind, and what only it had is kept', async () => {
    const { east, west } = pair; // west is the primary here
    await caughtUp(east, west);
    await write(west, 1, 'the last that arrives');
    await until(async () => (await rows(east)) === `${written}|${written}`);
    await east.sql("ALTER SYSTEM SET primary_conninfo = ''; SELECT pg_reload_conf()");
    await until(async () => (await east.sql('SELECT count(*) FROM pg_stat_wal_receiver')) === '0');
    await west.sql("INSERT INTO orders SELECT i, 'acknowledged and lost' FROM generate_series(900001, 900042) i");
    await west.sh(`cd / && runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -D /srv/pg/data -m immediate stop`);
    const run = newRun();
    const promoted = await promote(east, west, run);
    expect(promoted).toMatchObject({ timeline: 3 });
    expect(promoted.summary).toMatch(/last transaction is of 20\d\d-/);
    expect(await rows(east)).toBe(`${written}|${written}`);
    await write(east, 50, 'after the failover');
    const joined = await reattach(west, east, run);
    expect(joined.outcome).toContain(
      'it was taken back to where the two parted (pg_rewind); it was not stopped cleanly',
    );
    expect(joined.kept).toEqual([`/srv/pg/data.diverged-${run}`]);
    await caughtUp(west, east);
    expect(await rows(west)).toBe(`${written}|${written}`);
    expect(await west.sql('SHOW cluster_name')).toBe('west');

    // The kept folder holds the rows that the failover lost, and the report's own lines show them; it stays as it was.
    const [kept] = joined.uncounted ?? [];
    expect(kept).toMatchObject({ component: 'database', site: 'west', path: `/srv/pg/data.diverged-${run}` });
    // It did not run any more: nobody could ask it.
    expect(kept).not.toHaveProperty('counted');
    expect(joined.outcome).toContain('what only it had is not counted');
    const listing = `cd / && find ${kept?.path} -type f | sort | xargs sha256sum | sha256sum`;
    const untouched = await west.sh(listing);
    const [, copy = '', start = '', ask = '', end = ''] = (kept?.see ?? []).map(
      (line) => `cd / && ${line.replace(/ +#.*/, '').replaceAll(/\bsudo -u postgres/g, 'runuser -u postgres --')}`,
    );
    await west.sh(copy);
    await west.sh(start);
    const lost = await west.sh(`${ask} -XAtq -c 'SELECT count(*) FROM orders WHERE id > 900000'`);
    expect(lost.trim()).toBe('42');
    await expect(west.sh(`${ask} -XAtq -c 'DELETE FROM orders'`)).rejects.toThrow(/read-only/);
    await west.sh(end);
    expect(await west.sh(listing)).toBe(untouched);
    expect(await west.sh('ls /srv/pg')).not.toContain('.look');
  }, 90_000);

  it('counts table by table what only an old primary had that still runs, and leaves no note of it', async () => {
    const { east, west } = pair; // east is the primary here
    await caughtUp(west, east);
    await west.sql("ALTER SYSTEM SET primary_conninfo = ''; SELECT pg_reload_conf()");
    await until(async () => (await west.sql('SELECT count(*) FROM pg_stat_wal_receiver')) === '0');
    await east.sql("INSERT INTO orders SELECT i, 'acknowledged and lost' FROM generate_series(910001, 910007) i");
    await east.sql('CREATE TABLE late (id int); INSERT INTO late VALUES (1)');
    const run = newRun();
    await promote(west, east, run);
    await write(west, 5, 'after the failover');
    const joined = await reattach(east, west, run);
    expect(joined.outcome).toContain('only east had 1 row of public.late, 7 rows of public.orders and is kept as');
    expect(joined.uncounted?.[0]).toMatchObject({
      path: `/srv/pg/data.diverged-${run}`,
      counted: [
        { what: 'public.late', count: 1, unit: 'rows' },
        { what: 'public.orders', count: 7, unit: 'rows' },
      ],
    });
    expect(await east.sh('ls -A /srv/pg')).not.toContain('.rows-');
    // Home again, for the tests behind this one.
    const back = newRun();
    await caughtUp(east, west);
    const demoted = await demote(west, east, back);
    await promote(east, west, back, { demoted });
    await reattach(west, east);
    await caughtUp(west, east);
  }, 90_000);

  it('makes no standby of the newer primary, and none of a server whose other side is none', async () => {
    const { east, west } = pair;
    await expect(reattach(east, west)).rejects.toMatchObject({ type: 'NotJoinable' });
    await west.sh(pair.component.standby.stop);
    await expect(reattach(east, west)).rejects.toMatchObject({ type: 'NotJoinable' });
    expect(await east.sql('SELECT pg_is_in_recovery()')).toBe('f');
    await west.sh(pair.component.standby.start);
    await caughtUp(west, east);
  }, 60_000);
});

it('a promotion that is taken back leaves its server stopped, the primary starts again, and the other joins it by a new copy', async () => {
  const { east, west } = pair;
  const run = newRun();
  const context = await pair.context({ run, step: 'demote' });
  const before = await demoteDatabase.before?.(given(east, west), context);
  const demoted = await demoteDatabase.run(given(east, west), context);
  await promote(west, east, run, { demoted });
  await expect(demoteDatabase.undo?.(given(east, west), before, context)).rejects.toMatchObject({
    type: 'PromotedMeanwhile',
  });
  const promotion = { ...given(west, east), proof: 'demoted' as const };
  const undone = await promoteDatabase.undo?.(promotion, undefined, await pair.context({ run, step: 'promote' }));
  expect(undone).toMatchObject({ outcome: expect.stringContaining('stopped database at west') });
  await demoteDatabase.undo?.(given(east, west), before, context);
  await write(east, 20, 'home again');
  const joined = await reattach(west, east);
  expect(joined.outcome).toContain('its promotion was taken back');
  await caughtUp(west, east);
  expect(await rows(west)).toBe(`${written}|${written}`);
}, 90_000);

it('a standby whose log is gone at the primary is copied anew', async () => {
  const { east, west } = pair;
  await west.sh(pair.component.standby.stop);
  await east.sql("SELECT pg_drop_replication_slot('other_side')");
  for (let i = 0; i < 3; i += 1)
    await east.sql('CREATE TABLE t AS SELECT 1; DROP TABLE t; SELECT pg_switch_wal(); CHECKPOINT');
  const joined = await reattach(west, east);
  expect(joined.outcome).toContain('it was copied anew (pg_basebackup); it was a standby');
  expect(joined.noted.join()).toContain('follow did not lead to a standby that streams');
  expect(joined.kept).toEqual([]);
  expect((await caughtUp(west, east)).outcome).toContain('caught up');
}, 120_000);

describe('a standby that is to be restored over', () => {
  const open = async (parts = {}, generation = 1) => {
    const { east, west } = pair;
    const context = await pair.context({ step: 'open', generation });
    return await promoteDatabase.run({ ...given(west, east, parts), proof: 'restore' }, context);
  };

  it('is said to be missing where it has no data, and what does not start is said with the command', async () => {
    await pair.west.sh(pair.component.standby.stop);
    const { standby } = pair.component;
    await expect(open({ standby: { ...standby, dataDirectory: '/srv/pg/none' } })).rejects.toMatchObject({
      type: 'PathMissing',
      message: expect.stringMatching(/has no PostgreSQL in .srv.pg.none.*Try: correct `dataDirectory`/),
    });
    await expect(open({ standby: { ...standby, start: 'echo no such unit >&2; exit 5' } })).rejects.toMatchObject({
      type: 'ServerCommandFailed',
      message: expect.stringContaining('no such unit'),
    });
  }, 60_000);

  it('is started where it is stopped, and opened under a fence that is lifted next; twice is as good as once', async () => {
    // As ALTER SYSTEM leaves it, and a new copy of the standby keeps it.
    await pair.west.sh('echo "default_transaction_read_only = on" >>/srv/pg/data/postgresql.auto.conf');
    expect((await open()).outcome).toMatch(/^promoted to timeline/);
    expect(await pair.west.sql('SELECT pg_is_in_recovery()')).toBe('f');
    expect((await open({}, 2)).outcome).toBe('it takes writes already');
    await pair.west.sh(pair.component.standby.stop);
    expect((await open({}, 3)).outcome).toBe('it takes writes already');
    expect(await pair.west.sql('SELECT pg_is_in_recovery()')).toBe('f');
    expect(await pair.west.sql('SHOW default_transaction_read_only')).toBe('on');
  }, 60_000);
});
