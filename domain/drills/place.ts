/** Where a drill works: a folder and databases that carry the service's and the run's name, so that what is left can be told from all else. Pure. */
import { z } from 'zod';
import { pointIdSchema } from '../points/point-id.ts';

const head = '/var/tmp/muster-drill-';

/** A dot stands in no name of a service and in no id of a run. */
export function drillFolder(service: string, run: string): string {
  return `${head}${service}.${run}`;
}

/** `/var/tmp/muster-drill-spacetime.` with a `*` behind it finds the places of a service, and of no other. */
export function drillFolders(service: string): string {
  return `${head}${service}.`;
}

/** Where a component of files is laid out, or the name of a scratch database: 63 letters at most. */
export function drillPlace(service: string, run: string, { name, files }: { name: string; files: boolean }): string {
  if (files) return `${drillFolder(service, run)}/${name}`;
  return `muster_drill_${tagOf(`${service}.${run}`)}_${name.replaceAll('-', '_')}`.slice(0, 62);
}

/** Files that a test restore fetches a second time, alone, are the work of a run of their own: its host jobs have this run's id. */
export function runAlone(run: string): string {
  return `${run}-alone`;
}

/** As `drillPlace` makes them. */
export const drillPlacePattern =
  /^(\/var\/tmp\/muster-drill-[a-z0-9-]+\.[A-Za-z0-9_-]+\/[a-z0-9-]+|muster_drill_[0-9a-f]{16}_[a-z0-9_]{1,40})$/;

/** What stands in the folder: what was to be tried, so that whoever finds it knows what to take away. */
export const drillMarkSchema = z.object({
  service: z.string(),
  run: z.string(),
  tried: z.array(z.object({ component: z.string(), point: pointIdSchema, into: z.string().regex(drillPlacePattern) })),
});
export type DrillMark = z.infer<typeof drillMarkSchema>;

/** FNV-1a over the letters, twice from other ends: names must differ, nothing is proven by it. */
function tagOf(text: string): string {
  return [text, [...text].reverse().join('')].map(fnv).join('');
}

function fnv(text: string): string {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
