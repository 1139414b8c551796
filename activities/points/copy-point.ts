/** Step `copyPoint`: a byte-for-byte copy of a point at another location; hashes checked on the way, the manifest last. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { layout, liesApart, partsOf, pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { envelopesAt, type NamedKey } from './envelopes.ts';
import { mapLimited } from './map-limited.ts';
import { writeMark } from './marks.ts';
import { committedSchema, outputsLike } from './prepared.ts';
import { readManifest, readManifestAt } from './read-manifest.ts';
import { loadPinned, loadSigner, type PinnedSigners, sha256Of } from './signer.ts';

const input = z.object({
  service: z.string(),
  point: pointIdSchema,
  from: z.string(),
  to: z.string(),
});

export interface Copied {
  readonly outcome: string;
  readonly location: string;
  readonly objects: number;
  readonly bytes: number;
  /** Objects that an earlier attempt had already brought over. */
  readonly skipped: number;
}

/** Parts in memory at once; each is at most 64 MiB. */
const atOnce = 4;
const partLimit = 80 * 1024 * 1024;

export const copyPoint = defineStep({
  kind: 'copyPoint',
  version: 1,
  input,
  title: ({ point, from, to }) => `Copy recovery point ${point} from ${from} to ${to}`,
  // Captured by hand, it lies in the folder $POINT.
  shell: ({ service, to }) => [
    `at ${to} aws s3 cp --recursive --exclude point.key "$POINT/" "$(place ${to})/${layout.archives(service)}$POINT/"`,
  ],
  // A location that answers nobody is tried for about ten minutes, not for six hours: the next backup must not wait for it. What is
  // missing there is brought by `muster verify --reseed`.
  limits: { startToClose: 6 * 3_600_000, attempts: 60 },
  async run({ service, point: planned, from, to }, context): Promise<Copied> {
    const [committed] = outputsLike(committedSchema, context.outputs);
    const [source, target] = await Promise.all([context.store(from), context.store(to)]);
    const signers = await loadPinned(context.plan, context.planFolder);
    const wanted = { id: committed?.point ?? planned, sha256: committed?.manifestSha256 };
    const { manifest, bytes: manifestBytes, sha256 } = await readManifest([source], service, wanted, signers);
    const { id } = manifest;

    const copier = copierBetween(source, target, context);
    const parts = partsOf(manifest);
    copier.expect(parts.reduce((sum, { bytes }) => sum + bytes, 0));
    await mapLimited(parts, atOnce, ({ key, bytes, sha256 }) => copier.copy(key, sha256, bytes));
    for (const named of manifest.keys) await copyEnvelopes(named, { service, source, signers, copier });
    for (const { key, sha256 } of [manifest.restoreMd, manifest.restoreSh]) await copier.copy(key, sha256);
    for (const { key } of [manifest.restoreMd, manifest.restoreSh]) await copier.copy(layout.signature(key));

    context.assertCurrent();
    const { body: signature } = await source.get(layout.manifestSignature(service, id), 1024);
    await target.put(layout.manifestSignature(service, id), signature);
    context.assertCurrent();
    await target.putIfAbsent(layout.manifest(service, id), manifestBytes);
    const lock = context.plan.storage[to]?.lock;
    for (const key of lock ? [layout.manifestSignature(service, id), layout.manifest(service, id)] : [])
      await target.retainUntil?.(key, undefined, new Date(Date.now() + (lock?.for ?? 0)));
    const arrived = await readManifestAt(target, service, id, signers);
    if (arrived.sha256 !== sha256) {
      throw refusal('ManifestTampered', `${to} has another point under ${id}.`, 'find out who can write there.');
    }
    await mark(context, [source, target], { service, id, sha256 });
    const apart = manifest.components.filter(liesApart).map(({ component }) => component);
    const but = apart.length > 0 ? `, apart from ${apart.join(', ')}: that lies in a repository of its own` : '';
    return { outcome: `replicated${but}`, location: to, ...copier.counted() };
  },
});

/** Copies objects one by one; what is there with the same size was put whole by an earlier attempt. */
function copierBetween(source: ObjectStore, target: ObjectStore, context: StepContext) {
  const lock = context.plan.storage[target.location]?.lock;
  const count = { objects: 0, bytes: 0, skipped: 0 };
  let expected = 0;
  const beat = () =>
    context.heartbeat({
      text: `${Math.round(count.bytes / 1_000_000)} of ${Math.round(expected / 1_000_000)} MB`,
      done: expected > 0 ? Math.min(1, count.bytes / expected) : undefined,
    });
  return {
    expect(bytes: number) {
      expected = bytes;
    },
    counted: () => count,
    async copy(key: string, sha256?: string, bytes?: number): Promise<void> {
      context.signal.throwIfAborted();
      const pulse = setInterval(beat, 1_000);
      try {
        const there = await target.head(key);
        if (there && (bytes === undefined ? await sameAs(target, key, sha256) : there.bytes === bytes)) {
          count.skipped += 1;
          count.bytes += there.bytes;
        } else {
          const { body } = await source.get(key, Math.max(bytes ?? 0, partLimit));
          if (sha256 !== undefined && sha256Of(body) !== sha256) throw corrupted(key, source.location);
          context.assertCurrent();
          const { versionId } = await target.put(key, body);
          if (lock) await target.retainUntil?.(key, versionId, new Date(Date.now() + lock.for));
          count.bytes += body.length;
        }
        count.objects += 1;
        beat();
      } finally {
        clearInterval(pulse);
      }
    },
  };
}

/** The one that the manifest names, and those that its key was put into later; the former may have been deleted since. */
async function copyEnvelopes(
  named: NamedKey,
  work: { service: string; source: ObjectStore; signers: PinnedSigners; copier: ReturnType<typeof copierBetween> },
): Promise<void> {
  const { service, source, signers, copier } = work;
  const { envelopes } = await envelopesAt(source, service, named, signers);
  if (envelopes.length === 0) await copier.copy(named.key, named.sha256);
  for (const { key, sha256, n } of envelopes) {
    await copier.copy(key, sha256);
    if (key === named.key) continue;
    const sealing = layout.sealing(service, named.point, n);
    for (const each of [layout.signature(sealing), sealing]) await copier.copy(each);
  }
}

async function sameAs(store: ObjectStore, key: string, sha256: string | undefined): Promise<boolean> {
  return sha256 !== undefined && sha256Of((await store.get(key)).body) === sha256;
}

function corrupted(key: string, location: string) {
  return refusal(
    'PartCorrupted',
    `${key} at ${location} does not have the hash of the manifest any more.`,
    'take a new recovery point; this one cannot be copied whole.',
  );
}

/** Says at both places that these two copies are good. The marks of all copies together show whether they are as many as the plan asks for. */
async function mark(
  context: StepContext,
  stores: readonly ObjectStore[],
  { service, id, sha256 }: { service: string; id: string; sha256: string },
): Promise<void> {
  const locations = stores.map(({ location }) => location);
  const signer = await loadSigner(context.plan, context.secret);
  const at = new Date().toISOString();
  const how = 'every part read at the source, its SHA-256 compared, and put at the target';
  const content = {
    format: 1,
    service,
    point: id,
    manifest: sha256,
    state: 'replicated',
    at,
    run: context.run,
    locations,
    how,
  } as const;
  for (const store of stores) await writeMark(store, content, signer);
}
