/** Driver `files`: trees of files as independent archives, restored by rename and checked against their index. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { FilesComponent } from '../../domain/plan/component.ts';
import { archiveName, type ComponentRecord, sizeOnDisk } from '../../domain/points/recovery-point.ts';
import type { CaptureOptions, ComponentDriver } from './driver.ts';
import { helpers, lines, nulList, partFiles, readable, script } from './job-files.ts';

/** Raw bytes of an archive; a larger file has one of its own. With tar's headers it still fits into one part. */
const archiveBytes = 56 * 1024 * 1024;
const archiveEntries = 8_192;

const summarySchema = z.object({
  type: z.literal('summary'),
  roots: z.array(z.string()),
  index: z.string(),
  holes: z.number(),
  version: z.string().optional(),
  commit: z.string().optional(),
});
const detailsSchema = z.object({
  roots: z.array(z.string()).min(1),
  index: z.string(),
  holes: z.number().optional(),
});
const countedSchema = z.object({ type: z.literal('counted'), why: z.string(), count: z.number(), first: z.string() });
const comparedSchema = z.object({ type: z.literal('summary'), entries: z.number() });

export const files: ComponentDriver<FilesComponent> = {
  incremental: true,

  async capture(component, { point, base }) {
    const { paths, exclude, newerThan, versionFrom } = component;
    return {
      script: script('archives', 'capture-files'),
      params: {
        ...(await helpers(
          'archives',
          ...partFiles,
          'index.sh',
          'path.awk',
          'group.awk',
          'compare.awk',
          'samples.awk',
          'unchanged.awk',
        )),
        component: component.name,
        point,
        paths: lines(paths),
        excludes: lines(exclude),
        'archive-bytes': String(archiveBytes),
        'archive-entries': String(archiveEntries),
        ...(newerThan === undefined ? {} : { 'newer-seconds': String(Math.floor(newerThan / 1000)) }),
        ...(versionFrom === undefined ? {} : { 'version-from': versionFrom }),
        ...(base ? baseParams(base) : {}),
      },
    };
  },

  facts(_component, results) {
    const { roots, index, holes, version, commit } =
      results.flatMap((line) => summarySchema.safeParse(line).data ?? [])[0] ?? {};
    return { details: detailsSchema.parse({ roots, index, holes }), checks: [], version, commit };
  },

  async restore(component, record, { run, point, into, paths, tables, until }) {
    if (tables) throw onlyFor('tables', component.name);
    if (until) throw onlyFor('a moment between points', component.name);
    return {
      script: script('archives', 'restore-files'),
      params: {
        ...(await helpers(
          'archives',
          ...partFiles,
          'permissions.sh',
          'path.awk',
          'below.awk',
          'plain.awk',
          'differ.awk',
          'choose.awk',
        )),
        ...(into === undefined ? {} : { into: folderOf(into) }),
        ...(paths === undefined ? {} : { wanted: nulList(paths.map(dotted)) }),
        point,
        run,
        component: component.name,
        archives: lines(
          largestFirst(record.archives).map(
            (archive) => `${archiveName(archive, point)} ${archive.entries} ${archive.bytes}`,
          ),
        ),
        roots: nulList(rootsOf(record)),
        bytes: String(record.bytes),
        room: String(sizeOnDisk(record)),
        // Of an archive that belongs to an earlier point all is read, and some is unpacked.
        'archive-bytes': String(record.archives.reduce((sum, { bytes }) => sum + bytes, 0)),
        entries: String(record.entries),
        permissions: lines(
          component.permissions.map(({ path, owner, mode, recursive }) =>
            [path, owner ?? '-', mode ?? '-', recursive].join('\t'),
          ),
        ),
        after: nulList(component.afterRestore),
        expected: nulList(component.expected),
      },
    };
  },

  places(record) {
    return rootsOf(record).map((root) => root.subarray(1));
  },

  async undo(component, { run, point, into }) {
    return {
      script: script('archives', 'undo-files'),
      params: { point, run, component: component.name, after: nulList(into ? [] : component.afterRestore) },
    };
  },

  async divergence(_component, kept) {
    return { script: script('archives', 'differ-files'), params: { kept: nulList([...kept]) } };
  },

  async verify(component, record, finishedAt, { into, paths } = {}) {
    return {
      needsKey: true,
      script: script('archives', 'verify-files'),
      params: {
        ...(await helpers('archives', ...partFiles, 'path.awk', 'below.awk', 'differ.awk', 'choose.awk')),
        ...(into === undefined ? {} : { into: folderOf(into) }),
        ...(paths === undefined ? {} : { wanted: nulList(paths.map(dotted)) }),
        roots: nulList(rootsOf(record)),
        since: String(Date.parse(finishedAt) / 1000),
        free: into ? '' : lines(component.permissions.map(({ path, recursive }) => `.${path}${recursive ? '/' : ''}`)),
        expected: nulList(component.expected),
      },
    };
  },

  judge(component, _record, results) {
    const counted = results.flatMap((line) => countedSchema.safeParse(line).data ?? []);
    const say = ({ why, count, first }: (typeof counted)[number]) =>
      `${component.name}: ${count} ${words[why] ?? why}, the first ${readable(first).replace(/^\./, '')}`;
    const harmless = ['since', 'extra'];
    return {
      compared: results.flatMap((line) => comparedSchema.safeParse(line).data ?? [])[0]?.entries ?? 0,
      wrong: counted.filter(({ why }) => !harmless.includes(why)).map(say),
      noted: counted.filter(({ why }) => harmless.includes(why)).map(say),
      later: counted.filter(({ why }) => why === 'since').map(say),
    };
  },
};

function baseParams({ point, record }: NonNullable<CaptureOptions['base']>): Record<string, string> {
  return {
    base: point,
    'base-index': detailsSchema.parse(record.details).index,
    'base-time': String(Math.floor(Date.parse(record.takenAt) / 1000)),
  };
}

const words: Record<string, string> = {
  missing: 'missing',
  extra: 'more than the recovery point has',
  since: 'changed after the recovery point',
  type: 'of another type',
  target: 'links elsewhere',
  size: 'of another size',
  time: 'with another time',
  mode: 'with another mode',
  owner: 'of another owner',
  group: 'of another group',
};

/** `/etc/nginx/` -> `./etc/nginx`, as the index has it. */
function dotted(path: string): string {
  return `.${path.replace(/\/+$/, '').replace(/\/{2,}/g, '/')}`;
}

function folderOf(into: string): string {
  const folder = dotted(into).slice(1);
  if (folder.startsWith('/') && !folder.split('/').includes('..')) return folder;
  throw refusal(
    'BadInput',
    `Files cannot be laid out below ${into}.`,
    'name a folder of its own, absolute: /var/tmp/restored.',
  );
}

function onlyFor(what: string, component: string) {
  return refusal('NotForThisKind', `${component} is files: it has no ${what}.`, 'leave it out for this component.');
}

/** The last archives to be unpacked should not leave cores idle. */
function largestFirst(archives: ComponentRecord['archives']): ComponentRecord['archives'] {
  return [...archives].sort((a, b) => b.bytes - a.bytes);
}

function rootsOf(record: ComponentRecord): Buffer[] {
  const { roots } = detailsSchema.parse(record.details);
  return roots.map((root) => Buffer.concat([Buffer.from('.'), Buffer.from(root, 'base64')]));
}
