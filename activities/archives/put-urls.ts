/** Answers a capture job's wish for presigned puts: the worker never sees the data, the host never sees a credential. */
import { layout } from '../../domain/points/recovery-point.ts';
import type { JobHandle, JobLine } from '../hosts/job.ts';
import { fillSpool } from '../hosts/spool.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface PutPlace {
  readonly service: string;
  readonly point: string;
  readonly component: string;
  readonly store: ObjectStore;
}

/** Seconds a URL may be used. A job that comes later asks again. */
const validity = 3_600;

/** For `onLine` of a job. Requests: `puts.<token>.<from>.<count>` and `put.<token>.<archive>.<part>.<count>.<try>`. */
export function answerPuts(place: PutPlace): (line: JobLine, handle: JobHandle) => Promise<void> {
  return async (line, handle) => {
    if (line.kind !== 'need') return;
    const wanted = wantedParts(line.what);
    if (!wanted) return;
    const urls = await Promise.all(
      wanted.map(async ({ name, key }) => putLine(name, await place.store.presignPut(key(place), validity))),
    );
    await fillSpool(handle, line.what, [{ name: '1', content: urls.join('') }]);
  };
}

/** `<name> <url>`, then the headers that the store wants with it, after tabs. */
function putLine(name: string, { url, headers }: { url: string; headers: Record<string, string> }): string {
  const named = Object.entries(headers).map(([header, value]) => `\t${header}: ${value}`);
  return `${name} ${url}${named.join('')}\n`;
}

interface Wanted {
  /** What the job calls it: `00003.0-1f2e3d4c1`. */
  readonly name: string;
  key(place: PutPlace): string;
}

/** Every name a request may lead to is made here; a host cannot ask for a URL outside its component's folder. */
function wantedParts(kind: string): Wanted[] | undefined {
  const many = /^puts\.([0-9a-f]{8})\.(\d{1,7})\.(\d{1,3})$/.exec(kind);
  if (many) {
    const [, token = '', from, count] = many;
    const archives = range(Number(from), Number(count)).map((archive) => part(archive, 0, `${token}1`));
    // The index is as good as always one part; its URL comes with the first ones.
    return Number(from) === 0 ? [...archives, part('index', 0, `${token}1`)] : archives;
  }
  const some = /^put\.([0-9a-f]{8})\.(index|\d{1,7})\.(\d{1,5})\.(\d{1,2})\.\d{1,2}$/.exec(kind);
  if (!some) return undefined;
  const [, token = '', archive = '', from, count] = some;
  // A second reading of an archive has names of its own.
  return ['1', '2'].flatMap((reading) =>
    range(Number(from), Number(count)).map((number) =>
      part(archive === 'index' ? 'index' : Number(archive), number, `${token}${reading}`),
    ),
  );
}

function part(archive: number | 'index', number: number, attempt: string): Wanted {
  if (archive === 'index') {
    return {
      name: `index.${number}-${attempt}`,
      key: ({ service, point, component }) => layout.index(service, point, component, number, attempt),
    };
  }
  return {
    name: `${String(archive).padStart(5, '0')}.${number}-${attempt}`,
    key: ({ service, point, component }) => layout.part(service, point, component, archive, number, attempt),
  };
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => from + n);
}
