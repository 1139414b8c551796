/** Parts of a component as a restoring job sees them: a table of what to fetch, and presigned URLs, nearest location first. */
import { archiveName, type ComponentRecord, type Part } from '../../domain/points/recovery-point.ts';
import type { JobHandle, JobLine } from '../hosts/job.ts';
import { fillSpool } from '../hosts/spool.ts';
import type { ObjectStore } from '../storage/store.ts';
import { lines } from './job-files.ts';

/** Seconds a URL may be used. A job that comes later asks again. */
const validity = 6 * 3_600;

/** A component of a point, and where it may be fetched. */
interface Source {
  readonly point: string;
  readonly record: ComponentRecord;
  readonly stores: readonly ObjectStore[];
}

interface NumberedPart {
  /** As `archiveName` gives it, or `index`. */
  readonly archive: string;
  /** The point whose key opens it. */
  readonly point: string;
  readonly part: number;
  readonly number: number;
  readonly object: Part;
}

/** `only`: for a job that needs the index alone. */
export async function getParams({ point, record, stores }: Source, only?: 'index'): Promise<Record<string, string>> {
  const parts = numbered(record, point).filter(({ archive }) => only === undefined || archive === only);
  const urls = parts.flatMap(({ number, object }) =>
    stores.map(async (store) => `${number}\t${store.location}\t${await store.presignGet(object.key, validity)}`),
  );
  return { ...partParams({ point, record, stores }, only), gets: lines(await Promise.all(urls)) };
}

/** The same without URLs: what is to be fetched, and from where. */
export function partParams({ point, record, stores }: Source, only?: 'index'): { parts: string; locations: string } {
  return {
    parts: lines(
      numbered(record, point)
        .filter(({ archive }) => only === undefined || archive === only)
        .map(({ archive, part, number, object, point: owner }) =>
          [archive, part, object.bytes, object.sha256, number, object.key, owner].join('\t'),
        ),
    ),
    locations: lines(stores.map(({ location }) => location)),
  };
}

/** For `onLine`: a URL whose time has passed is asked for again as `get.<number>.<location>.<try>`. */
export function answerGets({ point, record, stores }: Source): (line: JobLine, handle: JobHandle) => Promise<void> {
  const parts = new Map(numbered(record, point).map((part) => [String(part.number), part.object]));
  return async (line, handle) => {
    const [, number = '', location] = (line.kind === 'need' && /^get\.(\d+)\.([a-z0-9-]+)\.\d+$/.exec(line.what)) || [];
    const part = parts.get(number);
    const store = stores.find((candidate) => candidate.location === location);
    if (line.kind !== 'need' || !part || !store) return;
    await fillSpool(handle, line.what, [{ name: '1', content: await store.presignGet(part.key, validity) }]);
  };
}

function numbered(record: ComponentRecord, point: string): NumberedPart[] {
  const archives = record.archives.flatMap((archive) =>
    archive.parts.map((object, part) => ({
      archive: archiveName(archive, point),
      point: archive.point,
      part,
      object,
    })),
  );
  const index = (record.index?.parts ?? []).map((object, part) => ({ archive: 'index', point, part, object }));
  return [...archives, ...index].map((part, number) => ({ ...part, number }));
}
