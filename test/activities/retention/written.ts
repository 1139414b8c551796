/** Recovery points written straight into real stores, small and of any age, for tests of what deletes them. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { writeLogRecord } from '../../../activities/logs/log-records.ts';
import { writeMark } from '../../../activities/points/marks.ts';
import { loadSigner, sha256Of } from '../../../activities/points/signer.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Retention } from '../../../domain/plan/retention.ts';
import {
  layout,
  type Manifest,
  type Mark,
  manifestSchema,
  partsOf,
  pointIdAt,
} from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';

export const day = 86_400_000;
export const idAgo = (ms: number) => pointIdAt(new Date(Date.now() - ms));

export interface Wanted {
  /** Archives of its own. */
  readonly own: number;
  /** Archives of other points: their numbers. */
  readonly refers?: Readonly<Record<string, readonly number[]>>;
  readonly label?: string;
  readonly at?: readonly string[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Rules for tests: a grace time of next to nothing, so that what was just put counts as old where its id is. */
export function rules(parts: Partial<Retention> = {}): Retention {
  return { rules: [{ keep: 2 * day }], budget: { points: 50, share: 1 }, grace: 1, cold: [], ...parts };
}

/** One world for the tests of a file, and in it a service with no points for each test. */
export function serviceForEach(
  name: string,
  begin: (made: { world: World; service: string; points: ReturnType<typeof writer> }) => void,
): void {
  let world: World;
  let count = 0;
  beforeAll(async () => {
    world = await makeWorld([filesComponent('tree', ['/srv/x'])]);
  });
  afterAll(() => world?.end());
  beforeEach(() => {
    const service = `${name}-${++count}`;
    begin({ world, service, points: writer(world, service) });
  });
}

export function writer(world: World, service: string) {
  const partKey = (id: string, number: number) => layout.part(service, id, 'tree', number, 0, 'a');
  const stores = (names: readonly string[]) => names.map((name) => world.stores[name] as ObjectStore);

  async function put(key: string, body: Buffer, at: readonly string[]) {
    await Promise.all(stores(at).map((store) => store.put(key, body)));
    return { key, bytes: body.length, sha256: sha256Of(body) };
  }

  return {
    partKey,
    /** All of a point, manifest last. */
    async point(
      id: string,
      { own, refers = {}, label = 'daily', at = ['near', 'far'], details = {} }: Wanted,
    ): Promise<string> {
      const archive = async (point: string, number: number) => ({
        ...{ number, point, kind: 'tree' as const, bytes: 1, entries: 1 },
        parts: [
          point === id
            ? await put(partKey(id, number), randomBytes(2_000), at)
            : { key: partKey(point, number), bytes: 2_000, sha256: 'a'.repeat(64) },
        ],
      });
      const wanted = [
        ...Array.from({ length: own }, (_, number) => [id, number] as const),
        ...Object.entries(refers).flatMap(([point, numbers]) => numbers.map((number) => [point, number] as const)),
      ];
      const archives = await Promise.all(wanted.map(([point, number]) => archive(point, number)));
      const index = await put(layout.index(service, id, 'tree', 0, 'a'), randomBytes(100), at);
      await put(layout.record(service, id, 'tree', 'a'), randomBytes(100), at);
      const { sha256 } = await put(layout.sealedKey(service, id, 1), randomBytes(100), at);
      const sh = await put(layout.restoreSh(service, id), Buffer.from('restore'), at);
      const md = await put(layout.restoreMd(service, id), Buffer.from('restore'), at);
      const signer = await loadSigner(world.plan, (await world.context({})).secret);
      const takenAt = new Date(
        `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T${id.slice(9, 11)}:${id.slice(11, 13)}:${id.slice(13)}Z`,
      ).toISOString();
      const keys = [id, ...Object.keys(refers)].map((point) => ({
        ...{ point, key: layout.sealedKey(service, point, 1), sha256, recipients: [] },
      }));
      const manifest = manifestSchema.parse({
        ...{ format: 1, id, service, site: 'east', role: 'primary', label, run: 'r', takenAt, finishedAt: takenAt },
        ...{
          kind: Object.keys(refers).length > 0 ? 'incremental' : 'full',
          muster: '0',
          keys,
          restoreMd: md,
          restoreSh: sh,
        },
        signer: signer.fingerprint,
        components: [
          {
            ...{ component: 'tree', driver: 'files', host: { name: 'app', hostname: 'app', address: '127.0.0.1' } },
            ...{ takenAt, finishedAt: takenAt, archives, index: { parts: [index] }, entries: 1, bytes: 1 },
            ...{ storedBytes: 1, checks: [], warnings: [], details },
          },
        ],
      });
      const bytes = Buffer.from(JSON.stringify(manifest));
      await put(layout.manifestSignature(service, id), signer.sign(bytes), at);
      await put(layout.manifest(service, id), bytes, at);
      return sha256Of(bytes);
    },
    /** A shipped batch of the log of `tree`, of one segment whose last event was at this time (ms). */
    async batch(id: string, to: number, at: readonly string[] = ['near', 'far']): Promise<void> {
      const log = layout.log(service, 'tree');
      const part = await put(layout.part(log, id, 'binlog', 0, 0, 'a'), randomBytes(500), at);
      const key = await put(layout.sealedKey(log, id, 1), randomBytes(100), at);
      const second = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
      const segment = {
        ...{ file: 'bin.000001', from: second(to - 1000), to: second(to), first: 4, last: 99, bytes: 1 },
        ...{ gtidBefore: '', gtidAfter: '', parts: [part] },
      };
      const record = {
        ...{ format: 1 as const, service, component: 'tree', batch: id, run: 'r', host: 'app', gaps: [] },
        ...{ key: { ...key, recipients: [] }, segments: [segment], archivedTo: segment.to },
      };
      const context = await world.context({ plan: { ...world.plan, storage: {} } });
      for (const store of stores(at)) await writeLogRecord(store, log, record, context);
    },
    async mark(id: string, sha256: string, state: Mark['state'], more: Partial<Mark> = {}) {
      const signer = await loadSigner(world.plan, (await world.context({})).secret);
      const at = new Date().toISOString();
      const mark = { format: 1, service, point: id, manifest: sha256, state, at, run: 'r', how: 'test' } as const;
      for (const store of Object.values(world.stores)) {
        await writeMark(store, { ...mark, locations: Object.keys(world.stores), ...more }, signer);
      }
    },
    /** Keys with anything left of them, older versions and delete markers included. */
    async left(location: string, under = `${service}/`): Promise<string[]> {
      const keys = new Set<string>();
      for await (const { key } of (world.stores[location] as ObjectStore).versions?.(under) ?? []) keys.add(key);
      return [...keys].sort();
    },
    /** Ids of manifests that a restore would find, after it was seen that every object they name is there. */
    async whole(location: string): Promise<string[]> {
      const [store] = stores([location]) as [ObjectStore];
      const ids: string[] = [];
      for await (const id of store.folders(layout.points(service))) {
        if (!(await store.head(layout.manifest(service, id)))) continue;
        const manifest: Manifest = JSON.parse((await store.get(layout.manifest(service, id))).body.toString());
        const needed = [...partsOf(manifest), ...manifest.keys, manifest.restoreSh, manifest.restoreMd].map(
          ({ key }) => key,
        );
        for (const key of [...needed, layout.manifestSignature(service, id)]) {
          if (!(await store.head(key))) throw new Error(`${id} at ${location} is not whole: ${key} is missing`);
        }
        ids.push(id);
      }
      return ids.sort();
    },
  };
}
