import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { layout } from '../../domain/points/recovery-point.ts';
import { buildReport } from '../../domain/report/build.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../activities/points/world.ts';
import { aStatus } from '../domain/run/a-run.ts';
import { runMuster } from '../support/run-muster.ts';

let world: World;
let host: TestHost;
let plans: string;

beforeAll(async () => {
  world = await makeWorld([filesComponent('configuration', ['/srv/etc']), filesComponent('data', ['/srv/data'])]);
  host = await world.host('app');
  await host.sh('mkdir -p /srv/etc /srv/data && echo a=1 > /srv/etc/a.conf && seq 20000 > /srv/data/numbers');
  process.env.S3_USER = world.near.credentials.accessKeyId;
  process.env.S3_WORD = world.near.credentials.secretAccessKey;
  plans = join(world.folder, 'plans');
  await mkdir(plans);
  await replan();
});
afterAll(() => world.end());

/** The world's plan as people write it. */
async function replan(change: (plan: Record<string, unknown>) => void = () => {}): Promise<void> {
  const text = await readFile(new URL('../../plans/spacetime.yaml', import.meta.url), 'utf8');
  const plan = parse(text);
  const [east, west] = Object.values(plan.sites) as object[];
  const file = (name: string) => ({ file: join(world.keys, name) });
  const site = (name: string) => ({ certificate: file(`${name}.crt`), key: file(`${name}.key`) });
  plan.sites = {
    east: { ...east, ...site('east'), storage: 'near' },
    west: { ...west, ...site('west'), storage: 'far' },
  };
  for (const record of plan.traffic.records)
    record.sites = { east: record.sites['us-east-1'], west: record.sites['us-west-2'] };
  const keys = { accessKeyId: { env: 'S3_USER' }, secretAccessKey: { env: 'S3_WORD' } };
  plan.storage = { near: { ...world.near.location('near'), ...keys }, far: { ...world.far.location('far'), ...keys } };
  plan.offline = { certificate: file('offline.crt') };
  plan.signer = { key: file('signer.key'), pinned: [file('signer.pub')] };
  const files = (name: string, path: string) => ({ name, driver: 'files', host: 'app', rank: 0, paths: [path] });
  plan.components = [files('configuration', '/srv/etc'), files('data', '/srv/data')];
  plan.schedules = [];
  for (const block of ['drills', 'isolation']) delete plan[block];
  plan.retention = { rules: [{ labels: ['test'], keep: '7d' }] };
  change(plan);
  await writeFile(join(plans, 'spacetime.yaml'), stringify(plan));
}

/** As run ids begin: `20260102-030405`. */
function stampOf(iso: string): string {
  return iso.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}

const muster = (words: string) =>
  runMuster(words.split(' '), { ...process.env, MUSTER_PLANS: plans } as Record<string, string>);

describe('what is seen of recovery points in real stores', () => {
  test('nothing at first: everything would be lost', async () => {
    const rpo = await muster('rpo spacetime');
    expect(rpo.out).toMatch(/data +EVERYTHING +< 1h +no point that counts holds it +CRITICAL \(P0\)/);
    expect(rpo.code).toBe(7);
    expect((await muster('points spacetime')).out).toContain('has no recovery point that can be seen from here');
  });

  test('a point with kind, label, size and ratio, copies, state, and what retention says of it', async () => {
    const now = new Date();
    const id = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
    await world.backup(host, id);
    const { out, code } = await muster('points spacetime');
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(
        `${id} +\\S+ +full test +everything +\\d+ kB, stored \\S+ kB \\(\\S+x\\) +2 of 2: \\S+ \\S+ +replicated +stays: newer than the grace time of 1d`,
      ),
    );
    const json = JSON.parse((await muster('points spacetime --json')).out);
    expect(json.points).toHaveLength(1);
    const [point] = json.points;
    expect(point).toMatchObject({ id, kind: 'full', components: ['configuration', 'data'], expiry: { stays: true } });
    expect(point.ratio).toBeCloseTo(point.bytes / point.storedBytes, 1);
    expect(Object.keys(point.expiry.at).sort()).toEqual(['far', 'near']);
  });

  test('an objective that is met, near and exceeded, with the exit status of each', async () => {
    expect(await muster('rpo spacetime')).toMatchObject({ code: 0, out: expect.stringMatching(/data .* met\n/) });
    await replan((plan) => {
      plan.objectives = { ...(plan.objectives as object), rpo: '1ms' };
    });
    const late = await muster('rpo spacetime --json');
    expect(late.code).toBe(7);
    expect(JSON.parse(late.out)).toMatchObject({
      verdict: 'critical',
      components: [{ severity: 'P0' }, { severity: 'P0' }],
    });
    await replan((plan) => {
      plan.objectives = { ...(plan.objectives as object), counts: 'proven' };
    });
    expect((await muster('rpo spacetime')).out).toContain('no point that counts holds it');
  });

  test('counts to the end of the archived log, as the newest shipment reports it', async () => {
    await replan();
    const shipped = async (ago: number, archivedTo: Record<string, string>) => {
      const ended = new Date(Date.now() - ago).toISOString();
      const status = aStatus({ procedure: 'log-shipping', phase: 'done', run: `log-shipping-${stampOf(ended)}-ab12` });
      const outputs = Object.fromEntries(
        Object.entries(archivedTo).map(([component, to]) => [component, { component, archivedTo: to }]),
      );
      const report = { ...buildReport({ status, outputs, endedAt: ended }), workflowId: 'spacetime/logs' };
      await world.stores.far?.put(
        layout.report('spacetime', report.run, 'report.json'),
        Buffer.from(JSON.stringify(report)),
      );
    };
    const end = new Date(Date.now() + 60_000).toISOString();
    await shipped(2_000, { data: '2020-01-01T00:00:00.000Z' });
    await shipped(1_000, { data: end });
    const json = JSON.parse((await muster('rpo spacetime --json')).out);
    expect(json.components[0]).not.toHaveProperty('log');
    expect(json.components[1]).toMatchObject({ component: 'data', log: true, takenAt: end, age: 0 });
    expect((await muster('rpo spacetime')).out).toContain(`, log to ${end}`);
  });

  test('no answer of any location is no answer, and not a met objective', async () => {
    await replan((plan) => {
      const nowhere = { driver: 's3', region: 'us-east-1', endpoint: 'http://127.0.0.1:9' };
      plan.storage = { near: { ...nowhere, bucket: 'nowhere' }, far: { ...nowhere, bucket: 'elsewhere' } };
    });
    expect(await muster('rpo spacetime')).toMatchObject({ code: 3, out: expect.stringContaining('NOT REACHED near') });
  });
});
