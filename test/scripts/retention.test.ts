/** Retention from the command line: the dry run reads real stores; what changes anything is a run. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { layout } from '../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../activities/points/world.ts';
import { day, idAgo, writer } from '../activities/retention/written.ts';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

let range: Range;
let world: World;
let env: Record<string, string>;
const [old, base, recent] = [idAgo(10 * day), idAgo(3 * day), idAgo(60_000)];

beforeAll(async () => {
  [range, world] = await Promise.all([openRange(), makeWorld([filesComponent('tree', ['/srv/x'])])]);
  await range.startWorkers();
  const plan = parse(await readFile(new URL('../../plans/spacetime.yaml', import.meta.url), 'utf8'));
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  const credentials = { accessKeyId: { env: 'TEST_ACCESS' }, secretAccessKey: { env: 'TEST_SECRET' } };
  process.env.TEST_ACCESS = accessKeyId;
  process.env.TEST_SECRET = secretAccessKey;
  plan.storage = {
    near: { ...world.near.location('near'), ...credentials },
    far: { ...world.far.location('far'), ...credentials },
  };
  for (const [index, site] of Object.values(plan.sites as Record<string, { storage: string }>).entries())
    site.storage = ['near', 'far'][index] as string;
  plan.signer = { key: { file: join(world.keys, 'signer.key') }, pinned: [{ file: join(world.keys, 'signer.pub') }] };
  plan.retention = { rules: [{ keep: '2d' }] };
  const folder = join(world.folder, 'plans');
  await mkdir(folder);
  await writeFile(join(folder, 'spacetime.yaml'), stringify(plan));
  env = { MUSTER_PLANS: folder };
  const points = writer(world, 'spacetime');
  for (const id of [old, base, recent]) await points.point(id, { own: 1 });
});
afterAll(async () => {
  await range?.close();
  await world?.end();
});

describe('muster retention', () => {
  test('says what stays and what goes at each location, and why, and deletes nothing', async () => {
    const answer = await range.muster('retention spacetime', { env });
    expect(answer).toMatchObject({ code: 0 });
    // Put a moment ago: of its archives nothing goes before the grace time.
    expect(answer.out).toMatch(/near: 1 of 3 points go, 0 B of [\d.]+ kB/);
    expect(answer.out).toMatch(new RegExp(`${old} +DROP +not kept by "everything: 2d"`));
    expect(answer.out).toMatch(new RegExp(`${base} +keep +.*a running backup may refer`));
    expect(answer.out).toContain('Nothing was deleted. To delete it: muster retention spacetime --apply');
    const { places } = (await range.muster('retention spacetime --json', { env })).json() as {
      places: { location: string }[];
    };
    expect(places.map(({ location }) => location)).toEqual(['near', 'far']);
    expect(places[0]).toMatchObject({ points: 1, unsure: [], held: {}, debris: [] });
    expect((await range.muster('retention spacetime --drops', { env })).out).not.toContain(recent);
    for (const store of Object.values(world.stores))
      expect(await store.head(layout.manifest('spacetime', old))).toBeDefined();
  });

  test('applied is a run of its own, which needs a reason for more than the budget of the plan', async () => {
    const service = await range.service({ items: [stage('x', [act('sweep', { wait: true })])] });
    expect(await range.muster(`retention ${service} --apply --budget 9`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason'),
    });
    expect(await range.muster(`retention ${service} --apply --budget many`)).toMatchObject({ code: 2 });
    const started = await range.muster(`retention ${service} --apply --budget 9 --reason first`);
    expect(started.out).toContain(`muster watch ${service} --procedure retention`);
    const description = await range.client.workflow.getHandle(`${service}/retention`).describe();
    expect(description.type).toBe('retention');
    const again = await range.muster(`retention ${service} --apply`);
    expect(again).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${service}/retention is taken by run`),
    });
    range.release('sweep');
    expect(await range.muster(`watch ${service} --procedure retention`)).toMatchObject({ code: 0 });
  });

  test('without rules in the plan there is nothing to say', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    const file = join(range.env.MUSTER_PLANS, `${service}.yaml`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, stringify({ ...parse(text), retention: undefined }));
    expect(await range.muster(`retention ${service}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no rules for what is kept'),
    });
  });
});

describe('one point by hand', () => {
  test('is pinned and unpinned by a run that says who and why', async () => {
    const service = await range.service({ items: [stage('x', [act('a')])] });
    expect((await range.muster(`pin ${service} ${old}`)).code).not.toBe(0);
    const pinned = await range.muster(`pin ${service} ${old} --reason audit --json`);
    expect(pinned.json()).toMatchObject({
      input: { reason: 'audit', retention: { pin: { point: old, reason: 'audit', by: 'dana' } } },
    });
    expect(await range.muster(`unpin ${service} yesterday --reason audit`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('20260102_031500'),
    });
  });

  test('is deleted only after its id was typed again, or with --yes', async () => {
    const slip = await range.muster(`delete spacetime ${old} --reason bad`, { env, typed: [base] });
    expect(slip).toMatchObject({ code: 2, err: expect.stringContaining('nothing was deleted') });
    expect(slip.out).toContain(`${old}, taken `);
    const silent = await range.muster(`delete spacetime ${old} --reason bad`, { env });
    expect(silent).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    await expect(range.client.workflow.getHandle('spacetime/retention').describe()).rejects.toThrow();
    const typed = await range.muster(`delete spacetime ${old} --reason bad`, { env, typed: [old] });
    expect(typed).toMatchObject({ code: 0 });
    expect(typed.out).toContain('RETENTION');
  });
});
