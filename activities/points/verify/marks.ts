/** Marks at every location: those that were changed or have gone are put back from a location that has them, then new ones are written. */
import { layout, type Mark } from '../../../domain/points/recovery-point.ts';
import type { Finding } from '../../../domain/points/verification.ts';
import type { StepContext } from '../../context.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { markBytes, markKeysAt, signedMark, writeMark } from '../marks.ts';
import { loadSigner, type PinnedSigners } from '../signer.ts';
import { putOver } from './mend.ts';

interface MarksAt {
  readonly store: ObjectStore;
  /** Key to bytes and, where they are signed, what they say. */
  readonly found: ReadonlyMap<string, { readonly bytes?: Buffer; readonly mark?: Mark }>;
}

export interface PointMarks {
  /** Signed, of this point, each once. */
  readonly marks: readonly Mark[];
  readonly at: readonly MarksAt[];
}

export async function marksAt(
  stores: readonly ObjectStore[],
  service: string,
  id: string,
  signers: PinnedSigners,
): Promise<PointMarks> {
  const at = await Promise.all(
    stores.map(async (store) => {
      const keys = await markKeysAt(store, service, id);
      const entries = keys.map(async (key) => {
        const bytes = await markBytes(store, key);
        const mark = bytes && signedMark(bytes, signers);
        const ours = mark?.point === id && mark.service === service && keyOf(mark) === key;
        return [key, { bytes, ...(ours ? { mark } : {}) }] as const;
      });
      return { store, found: new Map(await Promise.all(entries)) };
    }),
  );
  // By what they say: two locations may have different ones of the same moment under the same name.
  const marks = at.flatMap(({ found }) => [...found.values()].flatMap(({ mark }) => mark ?? []));
  const signed = new Map(marks.map((mark) => [JSON.stringify(mark), mark]));
  return { marks: [...signed.values()], at };
}

/** Brings every signed mark to every location in `into`. Findings: what was changed there. */
export async function mendMarks(
  { at }: PointMarks,
  id: string,
  into: readonly string[],
  context: StepContext,
): Promise<Finding[]> {
  const good = new Map<string, { bytes: Buffer; from: string }>();
  for (const { store, found } of at) {
    for (const [key, { bytes, mark }] of found) if (bytes && mark) good.set(key, { bytes, from: store.location });
  }
  const findings: Finding[] = [];
  for (const { store, found } of at.filter((each) => into.includes(each.store.location))) {
    for (const key of new Set([...good.keys(), ...found.keys()])) {
      if (found.get(key)?.mark) continue;
      const source = good.get(key);
      const refused = source && (await putOver(store, key, source.bytes, context));
      if (!found.has(key)) continue; // Written while this location was away: nothing was wrong with it.
      const base = { point: id, location: store.location, object: key, what: `mark ${key.split('/').at(-1)}` };
      const why = 'no pinned signer signed it as it is';
      if (!source) findings.push({ ...base, why, outcome: 'noted', how: 'it is ignored' });
      else findings.push({ ...base, why, outcome: refused ? 'left' : 'mended', how: refused || `from ${source.from}` });
    }
  }
  return findings;
}

export type NewMark = Pick<Mark, 'state' | 'locations' | 'damaged' | 'depth' | 'how'>;

/** Writes marks at locations, later than every mark that is there: a clock that stepped back must not make them count for nothing. */
export async function addMarks(
  point: { readonly id: string; readonly sha256: string; readonly service: string },
  wanted: readonly NewMark[],
  before: readonly Mark[],
  stores: readonly ObjectStore[],
  context: StepContext,
): Promise<void> {
  if (wanted.length === 0) return;
  const signer = await loadSigner(context.plan, context.secret);
  const newest = Math.max(0, ...before.map(({ at }) => Date.parse(at)));
  const at = new Date(Math.max(Date.now(), newest + 1)).toISOString();
  for (const each of wanted) {
    const { id, sha256, service } = point;
    const mark: Mark = { format: 1, service, point: id, manifest: sha256, at, run: context.run, ...each };
    for (const store of stores) {
      context.assertCurrent();
      await writeMark(store, mark, signer);
    }
  }
}

function keyOf({ service, point, state, at }: Mark): string {
  return layout.mark(service, point, state, at.replaceAll(/[-:.]/g, ''));
}
