/** The audit log at two real S3 servers: written once, read again, and every kind of meddling named. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bringAudit } from '../../../activities/audit/mend-audit.ts';
import { readAudit } from '../../../activities/audit/read-audit.ts';
import { writeAudit } from '../../../activities/audit/write-audit.ts';
import { loadSigner, type Signer } from '../../../activities/points/signer.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { AuditCall, AuditDraft } from '../../../domain/audit/audit.ts';
import { checkAudit } from '../../../domain/audit/check.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';

let world: World;
let signer: Signer;
let service: string;
let count = 0;
const run = 'failover-20261122-031500-ab12';
const draft = (n: number, more: Partial<AuditDraft> = {}): AuditDraft => ({
  n,
  at: `2026-11-22T03:15:00.${String(n).padStart(3, '0')}Z`,
  kind: 'operation',
  text: `step ${n}`,
  ...more,
});
const call = (entries: AuditDraft[], more: Partial<AuditCall> = {}): AuditCall => ({
  ...{ service, run, procedure: 'failover', entries, previous: null, leaveOut: [], owed: [] },
  ...more,
});
const three = () => [draft(1, { kind: 'asked', by: 'dana' }), draft(2), draft(3, { kind: 'end', entries: 3 })];

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app'])]);
  signer = await loadSigner(world.plan, (await world.context({})).secret);
}, 60_000);
afterAll(() => world.end());
beforeEach(() => {
  service = `audited-${++count}`;
});

const store = (name: string) => world.stores[name] as ObjectStore;
const silent: ObjectStore = {
  ...({} as ObjectStore),
  putIfAbsent: () => new Promise(() => {}),
  get: () => new Promise(() => {}),
};
const write = (given: AuditCall, stores: Record<string, ObjectStore> = world.stores) =>
  writeAudit(given, { plan: world.plan, signer, limit: 2_000, store: async (name) => stores[name] as ObjectStore });
const read = async () => await readAudit([store('near'), store('far')], service, await world.signers());
const findings = async () => checkAudit((await read()).places).findings.map(({ what, text }) => `${what}: ${text}`);
const keyOf = (n: number) => layout.auditEntry(service, `20261122T0315000${String(n).padStart(2, '0')}Z`, run, n);

test('entries lie at every location, signed and chained over several writes', async () => {
  const first = await write(call(three().slice(0, 2)));
  expect(first).toMatchObject({ written: ['near', 'far'], missed: [], last: expect.stringMatching(/^[0-9a-f]{64}$/) });
  await write(call(three().slice(2), { previous: first.last }));
  const { places } = await read();
  expect(checkAudit(places)).toEqual({ runs: 1, entries: 3, findings: [], open: [] });
  expect(places[0]?.copies.map(({ entry }) => entry)).toMatchObject([
    { n: 1, kind: 'asked', by: 'dana', previous: null },
    { n: 2, kind: 'operation' },
    { n: 3, entries: 3, previous: first.last },
  ]);
});

test('what was written is locked as the plan says, and only where it was written', async () => {
  const locked: string[] = [];
  const retainUntil: ObjectStore['retainUntil'] = async (key, version, until) => {
    expect(version).toBeTruthy();
    expect(until.getTime()).toBeGreaterThan(Date.now());
    locked.push(key);
  };
  const near = { ...store('near'), retainUntil };
  await write(call(three()), { near, far: store('far') });
  await write(call(three()), { near, far: store('far') });
  expect(locked.sort()).toEqual([1, 2, 3].map(keyOf));
});

test('the same write a second time changes nothing, and never writes over something else', async () => {
  const once = await write(call(three()));
  expect(await write(call(three()))).toEqual(once);
  const other = await write(call([draft(1, { text: 'another first' })]), {
    near: store('near'),
    far: store('near'),
  }).catch((error: Error) => error.message);
  expect(other).toContain('something else lies at');
  expect(await findings()).toEqual([]);
});

test('a location that does not answer holds nothing up, is named, and is brought what it missed later', async () => {
  const dead = { near: store('near'), far: silent };
  const began = performance.now();
  const first = await write(call(three().slice(0, 2)), dead);
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(first).toMatchObject({
    written: ['near'],
    missed: [{ location: 'far', why: expect.stringContaining('2000 ms') }],
  });
  const owed = [{ location: 'far', entries: three().slice(0, 2) }];
  const second = await write(call(three().slice(2), { previous: first.last, owed }));
  expect(second).toMatchObject({ written: ['near', 'far'], caughtUp: ['far'] });
  expect(await findings()).toEqual([]);
  await expect(write(call([draft(1)]), { near: silent, far: silent })).rejects.toThrow(
    /no storage location takes.*near: no answer/,
  );
});

test('a location that was left out is named as lacking, and mended byte for byte', async () => {
  await write(call(three(), { leaveOut: ['far'] }));
  expect(await findings()).toEqual([`lacking: far lacks entries 1-3 of ${run}, which near has.`]);
  const input = { service, locations: ['near', 'far'] };
  expect(await bringAudit.run(input, await world.context({}))).toEqual({
    outcome: '3 brought',
    summary: '3 entries of the audit log were brought where they lacked.',
  });
  expect(await findings()).toEqual([]);
  expect((await store('far').get(keyOf(2))).body).toEqual((await store('near').get(keyOf(2))).body);
});

test('what no pinned signer signed is brought nowhere, and people are told', async () => {
  await write(call(three(), { leaveOut: ['far'] }));
  await store('near').put(keyOf(2), Buffer.from('{}'));
  expect(await bringAudit.run({ service, locations: ['near', 'far'] }, await world.context({}))).toMatchObject({
    outcome: '2 brought',
    alarm: expect.stringContaining('1 entries of the audit log are good nowhere'),
  });
  expect(await store('far').head(keyOf(2))).toBeUndefined();
});

test('an entry that was removed is named, at one location and at all', async () => {
  await write(call(three()));
  await store('far').delete(keyOf(2));
  expect(await findings()).toEqual([`lacking: far lacks entry 2 of ${run}, which near has.`]);
  await store('near').delete(keyOf(2));
  expect(await findings()).toEqual([`removed: Entry 2 of ${run} was removed: no location has it.`]);
});

test('an entry that was changed, signed by somebody else, or moved is named', async () => {
  await write(call(three()));
  const { entry, signature } = JSON.parse((await store('near').get(keyOf(2))).body.toString());
  const put = (bytes: object | string) =>
    store('far').put(keyOf(2), Buffer.from(typeof bytes === 'string' ? bytes : JSON.stringify(bytes)));
  const wrong = async () => (await findings()).join('\n');
  await put({ entry: entry.replace('step 2', 'step 9'), signature });
  expect(await wrong()).toMatch(
    /^changed: \S+-00002\.json at far was changed: no pinned signer signed it as it is now\.$/,
  );
  await put({ entry });
  expect(await wrong()).toMatch(/no pinned signer signed/);
  await put('{}');
  expect(await wrong()).toMatch(/it is no entry any more/);
  const third = JSON.parse((await store('near').get(keyOf(3))).body.toString());
  await put(third);
  expect(await wrong()).toMatch(/it is entry 3 of run \S+, under another name/);
  // Whoever has the signing key can write another entry, and not the one after it.
  const forged = JSON.stringify({ ...JSON.parse(entry), text: 'nothing happened' });
  await put({ entry: forged, signature: signer.sign(Buffer.from(forged)).toString('base64') });
  expect(await wrong()).toMatch(/^differs: Entry 2 of \S+ is one at near, another one at far\./);
});
