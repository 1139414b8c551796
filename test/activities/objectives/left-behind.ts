/** What a service's runs leave behind, in two folders that are real storage locations: reports, signed points and their marks. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { generateKeySet } from '../../../activities/points/keys.ts';
import { writeMark } from '../../../activities/points/marks.ts';
import { loadSigner, sha256Of } from '../../../activities/points/signer.ts';
import { openLocalStore } from '../../../activities/storage/local.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout, type Manifest, manifestSchema, pointIdAt } from '../../../domain/points/recovery-point.ts';
import type { Report } from '../../../domain/report/report.ts';
import type { LocalLocation } from '../../../domain/storage/local.ts';

export interface LeftBehind {
  readonly folder: string;
  readonly plans: string;
  readonly reports: string;
  readonly stores: readonly ObjectStore[];
  /** Folder of a location. */
  place(name: 'near' | 'far'): string;
  /** The plan as people write it, with changes. */
  replan(change?: (plan: Record<string, unknown>) => void): Promise<void>;
  report(report: Report): Promise<void>;
  /** A point taken then, at both places, marked as replicated `after` ms later. Out: its id. */
  point(takenAt: number, after?: number): Promise<string>;
  end(): Promise<void>;
}

const secret = 'a secret of thirty-two characters, and more';
const components = ['configuration', 'data'];

export async function leftBehind(): Promise<LeftBehind> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-left-'));
  const [plans, reports, keys] = ['plans', 'reports', 'keys'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const place = (name: string) => join(folder, name);
  for (const name of [plans, reports, keys, place('near'), place('far')]) await mkdir(name);
  await generateKeySet(keys, ['east', 'west']);
  await writeFile(join(keys, 'store.secret'), secret);
  const file = (name: string) => ({ file: join(keys, name) });
  const location = (name: string): LocalLocation => ({
    ...{ driver: 'local', region: name, prefix: 'muster', folder: place(name), mounted: false },
    served: { url: 'http://127.0.0.1:9', listen: '127.0.0.1:9', secret: file('store.secret') },
  });
  const stores = await Promise.all(['near', 'far'].map((name) => openLocalStore(name, location(name), secret)));
  const signer = await loadSigner({ signer: { key: file('signer.key'), pinned: [] } }, () =>
    readFile(join(keys, 'signer.key'), 'utf8'),
  );

  async function replan(change: (plan: Record<string, unknown>) => void = () => {}): Promise<void> {
    const plan = parse(await readFile(new URL('../../../plans/spacetime.yaml', import.meta.url), 'utf8'));
    const [east, west] = Object.values(plan.sites) as object[];
    const site = (name: string) => ({ certificate: file(`${name}.crt`), key: file(`${name}.key`) });
    plan.sites = {
      east: { ...east, ...site('east'), storage: 'near' },
      west: { ...west, ...site('west'), storage: 'far' },
    };
    for (const record of plan.traffic.records)
      record.sites = { east: record.sites['us-east-1'], west: record.sites['us-west-2'] };
    plan.storage = { near: location('near'), far: location('far') };
    plan.offline = { certificate: file('offline.crt') };
    plan.signer = { key: file('signer.key'), pinned: [file('signer.pub')] };
    plan.components = components.map((name) => ({
      name,
      driver: 'files',
      host: 'app',
      rank: 0,
      paths: [`/srv/${name}`],
    }));
    plan.schedules = [];
    // They name components and hosts that are not in this plan.
    for (const block of ['retention', 'drills', 'isolation', 'readiness']) delete plan[block];
    change(plan);
    await writeFile(join(plans, 'spacetime.yaml'), stringify(plan));
  }

  await replan();
  return {
    ...{ folder, plans, reports, stores, place, replan },
    async report(report) {
      const key = layout.report(report.service, report.run, 'report.json');
      for (const store of stores) await store.put(key, Buffer.from(JSON.stringify(report)));
    },
    async point(takenAt, after = 60_000) {
      const manifest = manifestOf(takenAt, signer.fingerprint);
      const bytes = Buffer.from(JSON.stringify(manifest));
      for (const store of stores) {
        await store.put(layout.manifestSignature('spacetime', manifest.id), signer.sign(bytes));
        await store.put(layout.manifest('spacetime', manifest.id), bytes);
        await writeMark(
          store,
          {
            ...{ format: 1, service: 'spacetime', point: manifest.id, manifest: sha256Of(bytes), state: 'replicated' },
            ...{ at: new Date(takenAt + after).toISOString(), run: 'r', locations: ['near', 'far'], how: 'copied' },
          },
          signer,
        );
      }
      return manifest.id;
    },
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

function manifestOf(ms: number, signer: string): Manifest {
  const takenAt = new Date(ms).toISOString();
  const id = pointIdAt(new Date(ms));
  const sha256 = sha256Of(id);
  const numbers = { entries: 1, bytes: 10, storedBytes: 5 };
  const part = { key: `spacetime/archives/${id}/x`, bytes: 5, sha256 };
  return manifestSchema.parse({
    ...{
      format: 1,
      id,
      service: 'spacetime',
      site: 'east',
      region: 'east',
      role: 'primary',
      kind: 'full',
      label: 'hourly',
    },
    ...{ run: 'r', takenAt, finishedAt: takenAt, muster: 'test', keys: [], signer },
    restoreMd: { key: 'r', sha256 },
    restoreSh: { key: 's', sha256 },
    components: components.map((component) => ({
      ...{ component, driver: 'files', host: { name: 'app', hostname: 'app', address: '10.0.0.1' }, ...numbers },
      ...{ takenAt, finishedAt: takenAt, checks: [], warnings: [], details: {} },
      archives: [{ number: 0, point: id, kind: 'tree', parts: [part], bytes: 10, entries: 1 }],
    })),
  });
}
