/** `muster audit` against real stores: what it lists, and what `audit verify` says of a log that somebody meddled with. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { writeAudit } from '../../activities/audit/write-audit.ts';
import { loadSigner } from '../../activities/points/signer.ts';
import type { ObjectStore } from '../../activities/storage/store.ts';
import { auditTime } from '../../domain/audit/audit.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { runCli } from '../../scripts/run-cli.ts';
import { filesComponent, makeWorld, type World } from '../activities/points/world.ts';
import { plansFolder } from '../support/plan.ts';
import { startTemporal, type TemporalServer } from '../support/temporal.ts';

const run = 'failover-20260102-031500-ab12';
const at = (n: number) => `2026-01-02T03:15:0${n}.000Z`;
const keyOf = (n: number) => layout.auditEntry('spacetime', auditTime(at(n)), run, n);
const env = { AUDIT_TEST_ID: '', AUDIT_TEST_SECRET: '' };
let temporal: TemporalServer;
let client: Client;
let world: World;
let plans: string;

beforeAll(async () => {
  temporal = await startTemporal();
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
  // No worker takes it: it goes on until it is terminated.
  await client.workflow.start('failover', { taskQueue: 'nobody', workflowId: 'spacetime/recovery', memo: { run } });
  world = await makeWorld([filesComponent('tree', ['/srv/app'])]);
  env.AUDIT_TEST_ID = world.near.credentials.accessKeyId;
  env.AUDIT_TEST_SECRET = world.near.credentials.secretAccessKey;
  Object.assign(process.env, env);
  plans = await mkdtemp(join(tmpdir(), 'muster-plans-'));
  await copyFile(join(plansFolder, 'spacetime.yaml'), join(plans, 'spacetime.yaml'));
  await leaveOverlay('here');
  const signer = await loadSigner(world.plan, (await world.context({})).secret);
  const entries = [
    { n: 1, at: at(1), kind: 'asked', text: 'failover of spacetime asked for: lost', by: 'asker' },
    { n: 2, at: at(2), kind: 'decision', text: 'go for c0ffee, signed with SHA256:abc', by: 'dana' },
    { n: 3, at: at(3), kind: 'operation', text: 'Start app', step: 'start-app', generation: 1, state: 'begins' },
  ] as const;
  const call = {
    service: 'spacetime',
    run,
    procedure: 'failover',
    entries,
    previous: null,
    leaveOut: [],
    owed: [],
  } as const;
  const store = async (name: string) => world.stores[name] as ObjectStore;
  await writeAudit(call, { plan: world.plan, signer, store });
}, 60_000);
afterAll(async () => {
  await world?.end();
  await client?.connection.close();
  await temporal?.stop();
  if (plans) await rm(plans, { recursive: true, force: true });
  for (const name of Object.keys(env)) delete process.env[name];
});

/** The plan of the repository with the stores of this test, or with others in their places. */
async function leaveOverlay(name: string, elsewhere: { near?: string; far?: string } = {}): Promise<void> {
  const location = (server: World['near'], bucket: string, endpoint = server.endpoint) => ({
    ...{ bucket, endpoint, prefix: 'muster', region: 'us-east-1', insecure: true },
    ...{ accessKeyId: { env: 'AUDIT_TEST_ID' }, secretAccessKey: { env: 'AUDIT_TEST_SECRET' } },
  });
  const storage = {
    'company-backups': location(world.near, 'near', elsewhere.near),
    'company-backups-dr': location(world.far, 'far', elsewhere.far),
  };
  const signer = { key: { file: join(world.keys, 'signer.key') }, pinned: [{ file: join(world.keys, 'signer.pub') }] };
  await mkdir(join(plans, 'overlays', name), { recursive: true });
  await writeFile(join(plans, 'overlays', name, 'spacetime.yaml'), stringify({ storage, signer }));
}

async function muster(...words: string[]): Promise<{ code: number; out: string; json(): never }> {
  return await musterAt(temporal.address, ...words);
}

async function musterAt(address: string, ...words: string[]): Promise<{ code: number; out: string; json(): never }> {
  let out = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      out += chunk;
      done();
    },
  });
  const place = { MUSTER_PLANS: plans, MUSTER_OVERLAYS: 'here', TEMPORAL_ADDRESS: address };
  const code = await runCli(['audit', ...words], { stdout, stderr: stdout, env: { ...place, ...env } });
  return { code, out, json: () => JSON.parse(out) as never };
}

test('lists who did what, newest last, of all runs or of one', async () => {
  const all = await muster('spacetime');
  expect(all.code).toBe(0);
  expect(all.out.split('\n').slice(1, 4)).toEqual([
    expect.stringMatching(/03:15:01.*asked +asker +failover of spacetime asked for: lost/),
    expect.stringMatching(/decision +dana +go for c0ffee, signed with SHA256:abc/),
    expect.stringMatching(/operation begins +Start app/),
  ]);
  expect((await muster('spacetime', '--newest', '1', '--json')).json()).toMatchObject({
    entries: [{ n: 3 }],
    unreachable: [],
  });
  expect((await muster('spacetime', '--run', 'another')).out).toContain('Nothing is logged.');
});

test('verify says that it is whole; that a run goes on; and exits 8 for what was removed or changed, until it is brought back', async () => {
  const whole = await muster('verify', 'spacetime');
  expect(whole).toMatchObject({ code: 0 });
  expect(whole.out).toContain('3 entries of 1 runs at company-backups and company-backups-dr: signed, unbroken');
  expect(whole.out).toContain(`open ${run}: no entry says that it is the last. It goes on.`);

  await world.stores.far?.delete(keyOf(2));
  const lacking = await muster('verify', 'spacetime');
  expect(lacking).toMatchObject({
    code: 8,
    out: expect.stringContaining(`LACKING company-backups-dr lacks entry 2 of ${run}`),
  });
  expect(lacking.out).toContain('Try: muster audit verify spacetime --mend');
  const mended = await muster('verify', 'spacetime', '--mend', '--json');
  expect(mended.code, mended.out).toBe(0);
  expect(mended.json()).toMatchObject({ findings: [], brought: [{ key: keyOf(2), to: 'company-backups-dr' }] });

  await world.stores.near?.put(keyOf(1), Buffer.from('{"entry":"{}"}'));
  const changed = await muster('verify', 'spacetime');
  expect(changed).toMatchObject({
    code: 8,
    out: expect.stringMatching(/CHANGED \S+-00001\.json at company-backups was changed/),
  });
  // What was changed is not shown as what happened; the good copy is.
  expect((await muster('spacetime', '--json')).json()).toMatchObject({
    entries: [{ n: 1, by: 'asker' }, { n: 2 }, { n: 3 }],
  });
});

test('a location that cannot be reached is named, and exits 3 only where none can be', async () => {
  await leaveOverlay('half', { far: 'http://127.0.0.1:9' });
  const half = await muster('verify', 'spacetime', '--json', '--overlay', 'half');
  expect(half.json()).toMatchObject({
    locations: ['company-backups'],
    unreachable: [{ location: 'company-backups-dr' }],
  });
  await leaveOverlay('none', { near: 'http://127.0.0.1:9', far: 'http://127.0.0.1:9' });
  const none = await muster('spacetime', '--overlay', 'none');
  expect(none).toMatchObject({ code: 3, out: expect.stringContaining('NOT REACHED company-backups') });
});

test('a log without an end is damaged once its run is over, and nobody knows while Temporal does not answer', async () => {
  await world.stores.near?.delete(keyOf(1));
  expect(await muster('verify', 'spacetime', '--mend')).toMatchObject({ code: 0 });
  const silent = await musterAt('127.0.0.1:9', 'verify', 'spacetime', '--run', run, '--json');
  expect(silent.code, silent.out).toBe(3);
  expect(silent.json()).toMatchObject({ findings: [], open: [run], unasked: expect.stringContaining('127.0.0.1:9') });
  await client.workflow.getHandle('spacetime/recovery').terminate('by mistake');
  const over = await muster('verify', 'spacetime', '--run', run, '--json');
  expect(over.code, over.out).toBe(8);
  expect(over.json()).toMatchObject({
    findings: [
      { what: 'unended', run, text: expect.stringMatching(/is over \(Temporal says TERMINATED since .*no entry says/) },
    ],
    open: [],
  });
  // Another run has the workflow id by now: this one is over all the same.
  await client.workflow.start('failover', {
    taskQueue: 'nobody',
    workflowId: 'spacetime/recovery',
    memo: { run: 'r2' },
  });
  const gone = await muster('verify', 'spacetime');
  expect(gone.code).toBe(8);
  expect(gone.out).toContain(`UNENDED ${run} is over (Temporal runs it no more)`);
});

test('a person closes the log of a run that is over, once; not of one that goes on, nor while nobody can say', async () => {
  const words = ['close', 'spacetime', run, '--reason', 'terminated by mistake', '--by', 'dana'];
  const silent = await musterAt('127.0.0.1:9', ...words);
  expect(silent).toMatchObject({ code: 3, out: expect.stringContaining('Nobody can be asked whether run') });
  const going = await muster('close', 'spacetime', 'r2', '--reason', 'why not', '--by', 'dana');
  expect(going).toMatchObject({ code: 2, out: expect.stringContaining('Run r2 goes on') });
  const none = await muster('close', 'spacetime', 'never-was', '--reason', 'why not', '--by', 'dana');
  expect(none).toMatchObject({ code: 2, out: expect.stringContaining('No location has a log of run never-was') });

  const half = await muster(...words, '--overlay', 'half');
  expect(half).toMatchObject({
    code: 3,
    out: expect.stringMatching(/Not every location could be read.*company-backups-dr/),
  });

  const closed = await muster(...words, '--json');
  expect(closed.json()).toMatchObject({
    closed: true,
    entries: 5,
    written: ['company-backups', 'company-backups-dr'],
  });
  const whole = await muster('verify', 'spacetime', '--run', run);
  expect(whole, whole.out).toMatchObject({ code: 0, out: expect.stringContaining('5 entries of 1 runs') });
  expect((await muster('spacetime', '--run', run, '--json')).json()).toMatchObject({
    entries: [{}, {}, {}, { kind: 'decision', by: 'dana', text: 'log closed: terminated by mistake' }, { kind: 'end' }],
  });
  expect((await muster(...words)).out).toContain('has its end already');
});
