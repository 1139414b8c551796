/** Step `commitPoint`: gathers the records of the captures, writes what people need beside them, and the manifest last. */

import { z } from 'zod';
import { Refusal, refusal } from '../../domain/errors.ts';
import {
  type ComponentRecord,
  componentRecordSchema,
  layout,
  type Manifest,
  manifestSchema,
  partsOf,
  pointIdSchema,
} from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { keysOfBases } from './keys-of-bases.ts';
import { lock, locked, lockManifest } from './lock.ts';
import { mapLimited } from './map-limited.ts';
import { musterVersion } from './muster-version.ts';
import { previousOf } from './newest-point.ts';
import { type Captured, type Committed, capturedSchema, outputOf, outputsLike, preparedSchema } from './prepared.ts';
import { readManifestAt } from './read-manifest.ts';
import { restoreFiles } from './restore-files.ts';
import { loadPinned, loadSigner, type Signer, sha256Of } from './signer.ts';

const input = z.object({
  service: z.string(),
  point: pointIdSchema,
  site: z.string(),
  /** What the site was when the backup began; the plan's role where absent. */
  role: z.enum(['primary', 'standby']).optional(),
  label: z.string(),
  /** What the point is to hold; every component of the plan when absent. */
  components: z.array(z.string()).min(1).optional(),
  /** What was deployed, as the run was told; else what the components say. */
  version: z.string().optional(),
  commit: z.string().optional(),
  /** The nearest storage location. */
  location: z.string(),
});
type Input = z.output<typeof input>;

export const commitPoint = defineStep({
  kind: 'commitPoint',
  version: 1,
  input,
  title: ({ service, point }) => `Commit recovery point ${point} of ${service}`,
  // A manifest cannot be written by hand: what was captured is whole and signed, and no recovery point that Muster lists.
  shell: ({ service, location }) => [
    '# by hand this is an archive: it comes back with openssl cms -decrypt, zstd -d and tar or the database, and muster points does not list it',
    'openssl pkeyutl -sign -rawin -inkey "$signer_key" -in "$POINT/SHA256SUMS" -out "$POINT/SHA256SUMS.sig"',
    `for each in SHA256SUMS.sig SHA256SUMS; do at ${location} aws s3 cp "$POINT/$each" "$(place ${location})/${layout.archives(service)}$POINT/$each"; done`,
  ],
  limits: { startToClose: 1_800_000 },
  async run(wanted, context): Promise<Committed & { outcome: string }> {
    const prepared = outputOf(preparedSchema, context.outputs, 'preparePoint');
    const captured = outputsLike(capturedSchema, context.outputs);
    const store = await context.store(wanted.location);
    const signer = await loadSigner(context.plan, context.secret);
    const pinned = await loadPinned(context.plan, context.planFolder);
    if (!pinned.fingerprints.includes(signer.fingerprint)) {
      throw refusal(
        'SignerUnknown',
        'The signing key of the plan is not among its pinned ones.',
        'pin its public key.',
      );
    }
    const { service } = wanted;
    const id = prepared.point;
    const there = await committedAlready(store, service, id, pinned);
    if (there) {
      await lockManifest(store, service, id, context);
      return answer(there.manifest, there.sha256, 'done already');
    }

    const records = await Promise.all(captured.map((each) => readRecord(store, each)));
    refuseIncomplete(wanted.components ?? context.plan.components.map(({ name }) => name), records);
    const versions = await provePartsAreThere(store, records, context);
    const keys = [{ point: id, ...prepared.sealedKey }, ...(await keysOfBases(store, service, id, records, pinned))];
    const manifest = await draft(wanted, id, keys, records, signer, store, context);
    const files = restoreFiles(manifest, context.plan.encryption.byHand);
    for (const [key, content] of Object.entries(files)) await putSigned(store, key, content, signer, context);
    manifest.restoreMd.sha256 = sha256Of(files[manifest.restoreMd.key] ?? '');
    manifest.restoreSh.sha256 = sha256Of(files[manifest.restoreSh.key] ?? '');

    const bytes = Buffer.from(`${JSON.stringify(manifestSchema.parse(manifest), undefined, 1)}\n`);
    // The parts are worth nothing without the key.
    await lock(store, [...versions, ...keys.map(({ key }) => locked(key)), ...Object.keys(files).map(locked)], context);
    // The signature first: a manifest never stands without one. Written over, because an attempt that died before the
    // manifest left one for other bytes.
    context.assertCurrent();
    await store.put(layout.manifestSignature(service, id), signer.sign(bytes));
    context.assertCurrent();
    const { outcome } = await store.putIfAbsent(layout.manifest(service, id), bytes);
    const final = await readManifestAt(store, service, id, pinned);
    if (outcome === 'exists' && final.manifest.run !== context.run) {
      throw refusal('PointTaken', `Another run wrote recovery point ${id}.`, 'start the backup again.');
    }
    await lockManifest(store, service, id, context);
    return answer(final.manifest, final.sha256, 'committed');
  },
});

function answer(manifest: Manifest, manifestSha256: string, outcome: string): Committed & { outcome: string } {
  const sum = (of: (record: ComponentRecord) => number) =>
    manifest.components.reduce((total, record) => total + of(record), 0);
  return {
    outcome,
    point: manifest.id,
    manifestSha256,
    bytes: sum(({ bytes }) => bytes),
    storedBytes: sum(({ storedBytes }) => storedBytes),
    takenAt: manifest.takenAt,
    warnings: sum(({ warnings }) => warnings.length),
  };
}

async function committedAlready(
  store: ObjectStore,
  service: string,
  id: string,
  pinned: Parameters<typeof readManifestAt>[3],
) {
  try {
    return await readManifestAt(store, service, id, pinned);
  } catch (error) {
    if (error instanceof Refusal && error.type === 'PointNotFound') return undefined;
    throw error;
  }
}

async function readRecord(store: ObjectStore, captured: Captured): Promise<ComponentRecord> {
  const { body } = await store.get(captured.record);
  if (sha256Of(body) !== captured.recordSha256) {
    throw refusal(
      'ManifestTampered',
      `${captured.record} was changed since it was written.`,
      'find out who can write there.',
    );
  }
  return componentRecordSchema.parse(JSON.parse(body.toString('utf8')));
}

/** A point without a component that the plan has would be found incomplete only in the hour of need. */
function refuseIncomplete(wanted: readonly string[], records: readonly ComponentRecord[]): void {
  const missing = wanted.filter((name) => !records.some(({ component }) => component === name));
  if (missing.length === 0 && records.length > 0) return;
  throw refusal(
    'ComponentMissing',
    `Not captured: ${missing.join(', ')}.`,
    'retry the capture of it; a point holds every component that it was planned with.',
  );
}

/** Every part the manifest will name is at the store with the size that was sent. Out: versions, for retention locks. */
async function provePartsAreThere(store: ObjectStore, records: readonly ComponentRecord[], context: StepContext) {
  const parts = partsOf({ components: records } as Manifest);
  return await mapLimited(parts, 16, async (part) => {
    const found = await store.head(part.key);
    context.heartbeat({ text: 'looking for every part' });
    if (found?.bytes === part.bytes) return { key: part.key, versionId: found.versionId };
    throw refusal(
      'PartCorrupted',
      `${part.key} at ${store.location} ${found ? `has ${found.bytes} bytes instead of ${part.bytes}` : 'is not there'}.`,
      'retry the capture of this component.',
    );
  });
}

async function draft(
  { service, site, label, role, version, commit }: Input,
  id: string,
  keys: Manifest['keys'],
  records: ComponentRecord[],
  signer: Signer,
  store: ObjectStore,
  { plan, run }: StepContext,
): Promise<Manifest> {
  const versioned = records.find((record) => record.version !== undefined);
  const takenAt = records.map((record) => record.takenAt).sort()[0] as string;
  return {
    format: 1,
    id,
    service,
    site,
    role: role ?? plan.sites[site]?.role ?? 'primary',
    kind: records.some(({ base }) => base !== undefined) ? 'incremental' : 'full',
    label,
    run,
    takenAt,
    finishedAt: records
      .map((record) => record.finishedAt)
      .sort()
      .at(-1) as string,
    previous: await previousOf(store, service, id),
    muster: musterVersion,
    version: version ?? versioned?.version,
    commit: commit ?? versioned?.commit,
    components: [...records].sort((a, b) => (a.component < b.component ? -1 : 1)),
    keys,
    restoreMd: { key: layout.restoreMd(service, id), sha256: '' },
    restoreSh: { key: layout.restoreSh(service, id), sha256: '' },
    signer: signer.fingerprint,
  };
}

async function putSigned(store: ObjectStore, key: string, content: string, signer: Signer, context: StepContext) {
  context.assertCurrent();
  const bytes = Buffer.from(content);
  await store.put(layout.signature(key), signer.sign(bytes));
  await store.put(key, bytes);
}
