/** What a plan may say of standbys: refused with file and line where a driver cannot, or the plan contradicts itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadPlan } from '../../../activities/plans/load-plan.ts';
import { plansFolder, spacetimePlan } from '../../support/plan.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-plan-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const replica = {
  strategy: 'replica',
  dataDirectory: '/var/lib/postgresql/15/main',
  start: 'systemctl start postgresql',
  stop: 'systemctl stop postgresql',
  user: 'replicator',
  password: { env: 'SPACETIME_REPLICATION_PASSWORD' },
  slot: 'spacetime',
};

/** The plan of SpaceTime with its components edited by an overlay. */
// biome-ignore lint/suspicious/noExplicitAny: an overlay is any YAML, and a wrong one is what is wanted
async function load(edit: (components: any[]) => unknown, more: object = {}) {
  const { readFile } = await import('node:fs/promises');
  const { components } = parse(await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8'));
  edit(components);
  const overlay = join(folder, 'overlay.yaml');
  await writeFile(overlay, stringify({ components, ...more }));
  return await loadPlan(plansFolder, 'spacetime', { overlays: [overlay] });
}

test('a replica is taken with its defaults, and nothing is added to what has none', async () => {
  const { plan } = await load((components) => {
    components[1].standby = replica;
  });
  expect(plan.components[1]?.standby).toMatchObject({
    maximumLag: { time: 10_000, bytes: 16_777_216 },
    sslmode: 'prefer',
  });
  expect(JSON.stringify(await spacetimePlan())).not.toContain('standby":{');
});

test('what cannot be a replica is named with file and line', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const refused = (edit: (components: any[]) => unknown, more?: object) => expect(load(edit, more)).rejects;
  await refused((components) => {
    components[0].standby = replica;
  }).toThrow(
    /overlay\.yaml:\d+:\d+: components\[0\]\.standby\.strategy: files has no standby by replica\. Try: restore, or the driver postgresql/,
  );
  await refused((components) => {
    components[1].standby = replica;
    components.push({ ...components[1], name: 'other', database: 'other', standby: undefined });
  }).toThrow(/overlay\.yaml:\d+:\d+: components\[1\]\.standby: .*other lies in the same/);
  await refused(
    (components) => {
      components[1].standby = replica;
    },
    { sites: { 'us-west-2': { hosts: { db: { count: 2 } } } } },
  ).toThrow(/us-west-2 has 2 hosts of db/);
  await refused((components) => {
    components[1].standby = { ...replica, slot: "x'; DROP" };
  }).toThrow(/overlay\.yaml:\d+:\d+: components\[1\]\.standby\.slot/);
});
