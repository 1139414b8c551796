/** Everything that a recovery point consists of, each object with what it must be and what it is for. */
import { layout, type Manifest } from '../../../domain/points/recovery-point.ts';

export interface PointObject {
  readonly key: string;
  /** For people. */
  readonly what: string;
  /** Hex. Absent for a signature, which is good when it fits. */
  readonly sha256?: string;
  /** Known for parts only. */
  readonly bytes?: number;
  /** The object that this signature is of. */
  readonly signs?: { readonly key: string; readonly sha256: string };
  /** Large: read on its day where a look is spread over several. */
  readonly part?: true;
  /** For restoring by hand. Muster restores without it, so a point that has lost it is not lost. */
  readonly byHand?: true;
  /** Good where it is absent, too: its successor is there. */
  readonly mayBeGone?: true;
}

/** In a fixed order, each key once; the sealed keys first. Manifest and its signature are not among them: they are judged first. */
export function objectsOf(manifest: Manifest, sealedKeys: readonly PointObject[]): PointObject[] {
  const objects = new Map<string, PointObject>();
  const add = (object: PointObject) => objects.has(object.key) || objects.set(object.key, object);
  for (const key of sealedKeys) add(key);
  const forPeople = [
    { ...manifest.restoreMd, what: 'RESTORE.md' },
    { ...manifest.restoreSh, what: 'restore.sh' },
  ];
  for (const { key, sha256, what } of forPeople) {
    add({ key, sha256, what, byHand: true });
    add({ key: layout.signature(key), signs: { key, sha256 }, what: `signature of ${what}`, byHand: true });
  }
  for (const { component, archives, index } of manifest.components) {
    for (const { number, parts } of archives) {
      for (const [at, part] of parts.entries()) {
        add({ ...part, part: true, what: `archive ${number} of ${component}, part ${at + 1} of ${parts.length}` });
      }
    }
    for (const part of index?.parts ?? []) add({ ...part, part: true, what: `index of ${component}` });
  }
  return [...objects.values()];
}

/** What is gone when these objects are: components, and of each the archives with what they hold. */
export function describeLoss(manifest: Manifest, lost: readonly PointObject[]): string[] {
  const keys = new Set(lost.map(({ key }) => key));
  const byComponent = manifest.components.flatMap(({ component, archives, index }) => {
    const gone = archives.filter(({ parts }) => parts.some(({ key }) => keys.has(key)));
    const entries = gone.reduce((sum, archive) => sum + archive.entries, 0);
    const numbers = gone.map(({ number }) => number).join(', ');
    const what = gone.some(({ kind }) => kind === 'dump') ? 'the dump' : `${entries} files and folders`;
    return [
      ...(gone.length > 0 ? [`archive ${numbers} of ${component} (${what})`] : []),
      ...(index?.parts.some(({ key }) => keys.has(key)) ? [`the index of ${component}`] : []),
    ];
  });
  return [...byComponent, ...lost.filter(({ part }) => !part).map(({ what }) => what)];
}
