/** A plan on disk with two local locations, and recovery points and reports in them that are signed as real ones: for what only reads. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { generateKeySet } from '../../activities/points/keys.ts';
import { writeMark } from '../../activities/points/marks.ts';
import { loadSigner, type Signer } from '../../activities/points/signer.ts';
import { openLocalStore } from '../../activities/storage/local.ts';
import type { ObjectStore } from '../../activities/storage/store.ts';
import { layout, type Manifest, type Mark, pointIdAt } from '../../domain/points/recovery-point.ts';
import type { Report } from '../../domain/report/report.ts';
import { localSchema } from '../../domain/storage/local.ts';
import { aReport } from '../domain/report/a-report.ts';
import { plansFolder } from './plan.ts';

export const near = 'company-backups';
export const far = 'company-backups-dr';

export interface Estate {
  readonly plans: string;
  /** Folders of the locations: taken away, the location does not answer. */
  readonly folders: Readonly<Record<string, string>>;
  readonly stores: Readonly<Record<string, ObjectStore>>;
  /** A point of all components, replicated unless `marks` say else; answers its id. */
  point(taken: number, parts?: Partial<Manifest>, marks?: readonly Mark['state'][]): Promise<string>;
  report(ended: number, parts?: Partial<Report>, places?: readonly string[]): Promise<void>;
  end(): Promise<void>;
}

const secret = 'a secret of thirty-two characters, and more';
const components = ['configuration', 'database', 'application', 'certificates', 'logs'];

export async function makeEstate(): Promise<Estate> {
  const home = await mkdtemp(join(tmpdir(), 'muster-estate-'));
  const plans = join(home, 'plans');
  const keys = join(home, 'keys');
  const folders = { [near]: join(home, near), [far]: join(home, far) };
  await Promise.all([plans, ...Object.values(folders)].map((each) => mkdir(each)));
  await generateKeySet(keys, ['us-east-1', 'us-west-2']);
  const locations = Object.fromEntries(
    Object.entries(folders).map(([name, folder], index) => [name, locationAt(folder, index)]),
  );
  await writeFile(join(plans, 'spacetime.yaml'), await planText(keys, locations));
  const stores: Record<string, ObjectStore> = {};
  for (const [name, location] of Object.entries(locations))
    stores[name] = await openLocalStore(name, localSchema.parse(location), secret);
  const signer = await loadSigner({ signer: { key: { file: '' }, pinned: [] } }, () =>
    readFile(join(keys, 'signer.key'), 'utf8'),
  );
  return {
    plans,
    folders,
    stores,
    point: (taken, parts, marks = ['replicated']) => putPoint(stores, signer, taken, parts, marks),
    async report(ended, parts, places = [near, far]) {
      const report = aReport(new Date(ended).toISOString(), parts);
      for (const place of places)
        await stores[place]?.put(layout.report('spacetime', report.run, 'report.json'), json(report));
    },
    end: () => rm(home, { recursive: true, force: true }),
  };
}

function locationAt(folder: string, index: number) {
  const listen = `127.0.0.1:${4_000 + index}`;
  const served = { url: `http://${listen}`, listen, secret: { file: `${folder}.secret` } };
  return { driver: 'local', region: index === 0 ? 'us-east-1' : 'us-west-2', folder, served };
}

async function planText(keys: string, locations: Record<string, ReturnType<typeof locationAt>>): Promise<string> {
  const plan = parse(await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8'), { merge: true });
  for (const [site, at] of Object.entries<Record<string, unknown>>(plan.sites))
    at.certificate = { file: join(keys, `${site}.crt`) };
  plan.offline = { certificate: { file: join(keys, 'offline.crt') } };
  plan.signer = { key: { file: join(keys, 'signer.key') }, pinned: [{ file: join(keys, 'signer.pub') }] };
  plan.storage = locations;
  for (const { served } of Object.values(locations)) await writeFile(served.secret.file, secret);
  return stringify(plan);
}

async function putPoint(
  stores: Record<string, ObjectStore>,
  signer: Signer,
  taken: number,
  parts: Partial<Manifest> = {},
  marks: readonly Mark['state'][],
): Promise<string> {
  const id = pointIdAt(new Date(taken));
  const takenAt = new Date(taken).toISOString();
  const manifest: Manifest = {
    ...{ format: 1, id, service: 'spacetime', site: 'us-east-1', role: 'primary', kind: 'full', label: 'hourly' },
    ...{ run: `backup-${id}`, takenAt, finishedAt: takenAt, muster: '0', keys: [], signer: signer.fingerprint },
    restoreMd: { key: 'RESTORE.md', sha256: '' },
    restoreSh: { key: 'restore.sh', sha256: '' },
    components: components.map((component, index) => ({
      ...{
        component,
        driver: 'files',
        takenAt,
        finishedAt: takenAt,
        entries: 1,
        checks: [],
        warnings: [],
        details: {},
      },
      host: { name: 'app', hostname: 'app', address: '127.0.0.1' },
      archives: [anArchive(id, component)],
      bytes: 1_000 * (index + 1),
      storedBytes: 100,
    })),
    ...parts,
  };
  const body = json(manifest);
  const sha256 = createHash('sha256').update(body).digest('hex');
  for (const store of Object.values(stores)) {
    await store.put(layout.manifestSignature('spacetime', id), signer.sign(body));
    await store.put(layout.manifest('spacetime', id), body);
    for (const state of marks) await writeMark(store, markOf(id, sha256, state, takenAt), signer);
  }
  return id;
}

function anArchive(point: string, component: string): Manifest['components'][number]['archives'][number] {
  const part = { key: `spacetime/archives/${point}/${component}/00000.0-a`, bytes: 1, sha256: '0'.repeat(64) };
  return { number: 0, point, kind: 'tree', parts: [part], bytes: 1, entries: 1 };
}

function markOf(point: string, manifest: string, state: Mark['state'], at: string): Mark {
  const said = { format: 1, service: 'spacetime', point, manifest, state, at, run: 'r', how: 'a test' } as const;
  return { ...said, locations: [near, far], ...(state === 'replicated' ? {} : { depth: 'hashes' as const }) };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
