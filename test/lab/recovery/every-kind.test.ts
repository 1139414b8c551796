/**
 * Arcade has a component of every kind and its points lie at S3, Azure and Google. Whole runs by the command: a backup, each component
 * restored, both databases that keep a log to the second before a DROP TABLE, and everything from the last location that has the point.
 * All is compared with what the servers themselves said at that time.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { configuration, saves } from '../../../lab/arcade/layout.ts';
import { lowerArcade, raiseArcade } from '../../../lab/arcade/raise.ts';
import { checkout } from '../../../lab/paths.ts';
import { arcadeStores, type Store, stores } from '../support/arcade.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';

const locations = ['s3', 'azure', 'google'] as const;
let scenario: Scenario;
let arcade: ReturnType<typeof arcadeStores>;
let truth: Record<Store, string>;
let point: string;

async function muster(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await scenario.muster([...words, '--by', 'ops']);
  if (code !== 0) throw new Error(`muster ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** A restore that somebody approves; resolves when the service is healthy again. */
async function restore(...words: string[]): Promise<RunStatus> {
  await muster('restore', 'arcade', '--reason', 'a test', ...words);
  await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  expect(await scenario.approve()).toMatchObject({ taken: true });
  return await scenario.finish();
}

async function objectsAt(location: string, ...more: string[]): Promise<Record<string, string>> {
  const script = `${checkout}/test/lab/support/location-objects.ts`;
  const { code, stdout, stderr } = await scenario.lab.exec([process.execPath, script, location, point, ...more]);
  if (code !== 0) throw new Error(`${location}: ${stderr}`);
  return JSON.parse(stdout);
}

/** As the databases' server writes it, whole seconds. */
async function nextSecond(): Promise<string> {
  const now = () => arcade.accounts("SELECT CONCAT(REPLACE(UTC_TIMESTAMP(), ' ', 'T'), 'Z')");
  const before = await now();
  for (;;) {
    const later = await now();
    if (later > before) return later;
  }
}

beforeAll(async () => {
  scenario = await openScenario('arcade');
  await scenario.reset();
  await raiseArcade(scenario.lab);
  arcade = arcadeStores(scenario.lab);
  truth = await arcade.digests();
  await muster('backup', 'arcade', '--watch');
  const { json } = await scenario.muster(['points', 'arcade', '--json']);
  point = (json as { points: { id: string }[] }).points[0]?.id as string;
}, 240_000);
afterAll(async () => {
  await scenario.reset();
  await lowerArcade(scenario.lab);
  await scenario.close();
});

test('a backup holds every component, and is the same to the byte at S3, Azure and Google', async () => {
  const { json } = await scenario.muster(['points', 'arcade', '--json']);
  expect(json).toMatchObject({
    points: [
      {
        id: point,
        components: expect.arrayContaining([...stores]),
        at: { s3: 'replicated', azure: 'replicated', google: 'replicated' },
        // What the ledger refers to is in pgBackRest's repository, and that is in one place here.
        ...{ copiesApart: 1, state: 'captured' },
      },
    ],
  });
  const [first, ...others] = await Promise.all(locations.map((location) => objectsAt(location)));
  // Two parts for each of the files' components, data and index of the dumps, keys, manifest, RESTORE.md, restore.sh, signatures.
  expect(Object.keys(first ?? {}).length).toBeGreaterThan(15);
  for (const other of others) expect(other).toEqual(first);
  expect(await arcade.digests()).toEqual(truth);
});

test('both databases that keep a log come back to the second before a DROP TABLE, in one run', async () => {
  await arcade.accounts(
    `INSERT INTO players (name, joined, coins) VALUES ('after the point', '2026-01-01 00:00:00', 1);
     UPDATE players SET coins = coins + 1 WHERE id <= 10; DELETE FROM purchases WHERE id = 11;`,
  );
  await arcade.ledger(
    "INSERT INTO entries (account, cents, booked) VALUES (1, 99, '2026-01-01Z'); DELETE FROM entries WHERE id = 7;",
  );
  const wanted = { accounts: await arcade.digest('accounts'), ledger: await arcade.digest('ledger') };
  expect(wanted.accounts).not.toBe(truth.accounts);
  const until = await nextSecond();
  await nextSecond();
  await Promise.all([arcade.accounts('DROP TABLE purchases'), arcade.ledger('DROP TABLE entries')]);
  await arcade.accounts("INSERT INTO players (name, joined, coins) VALUES ('after the accident', '2026-01-01', 1)");
  await arcade.ledger('CREATE TABLE after_the_accident (n int)');
  await muster('logs', 'arcade', '--watch');

  const ended = await restore('--component', 'accounts,ledger', '--until', until);
  expect(await arcade.digest('accounts')).toBe(wanted.accounts);
  expect(await arcade.digest('ledger')).toBe(wanted.ledger);
  expect(stepOf(ended, 'restore-saves')).toBeUndefined();
});

describe('each component comes back alone, as it was at the point', () => {
  const damages: [Store, () => Promise<unknown>][] = [
    ['configuration', () => arcade.onApp(`sed -i s/season/SEASON/ ${configuration}`)],
    [
      'saves',
      () => arcade.onApp(`cd ${saves}; rm -r 1 2 3; echo gone >4/slot-1.sav; rm 5/latest; chmod 777 6; touch new`),
    ],
    ['accounts', () => arcade.accounts("DROP TABLE purchases; UPDATE players SET name = 'nobody'")],
    ['leaderboard', () => arcade.leaderboard('FLUSHALL\nSET motd "owned"')],
    ['ledger', () => arcade.ledger('TRUNCATE entries')],
    ['catalogue', () => arcade.items('DELETE FROM items WHERE id > 10; ALTER TABLE items ADD broken int')],
  ];
  test.each(damages)('%s', async (store, damage) => {
    await damage();
    const damaged = await arcade.digest(store).catch(() => 'not readable');
    expect(damaged).not.toBe(truth[store]);
    const ended = await restore('--component', store);
    expect(await arcade.digest(store)).toBe(truth[store]);
    const restored = ended.stages.flatMap(({ ranks }) => ranks.flat()).filter(({ id }) => id.startsWith('restore-'));
    expect(restored.map(({ id, state }) => `${id} ${state}`)).toEqual([`restore-${store} done`]);
  });
});

test('one table comes back alone, and the rest of the database stays as it is', async () => {
  await arcade.accounts(
    "DELETE FROM badges WHERE needs > 200; INSERT INTO players (name, joined, coins) VALUES ('new', '2026-01-01', 1)",
  );
  await restore('--component', 'accounts', '--table', 'badges');
  expect(await arcade.accounts('SELECT count(*), sum(needs) FROM badges')).toBe('50\t127500');
  expect(await arcade.accounts("SELECT count(*) FROM players WHERE name = 'new'")).toBe('1');
});

test('with the point lost at S3 and Azure the whole service comes back from Google, and that is said before the go', async () => {
  await Promise.all(['s3', 'azure'].map((location) => objectsAt(location, 'delete')));
  expect(await objectsAt('s3')).toEqual({});
  expect(await objectsAt('azure')).toEqual({});
  for (const damage of [
    () => arcade.onApp(`rm -r ${saves}/*; echo ARCADE_TITLE= >${configuration}`),
    () => arcade.accounts('DROP TABLE purchases; DROP TABLE players'),
    () => arcade.leaderboard('FLUSHALL'),
    () => arcade.ledger('DROP TABLE entries'),
    () => arcade.items('DROP TABLE items'),
  ])
    await damage();
  await muster('restore', 'arcade', '--reason', 'a test', '--point', point);
  const waiting = await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  expect(waiting.risks.map(({ id }) => id)).toEqual(expect.arrayContaining(['point-not-at-target', 'too-few-copies']));
  expect(await scenario.approve()).toMatchObject({ taken: true });
  await scenario.finish();
  expect(await arcade.digests()).toEqual(truth);
});
