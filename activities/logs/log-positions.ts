/** How far the archived logs of a service reach, as the newest report of a shipment says. Its locations are asked side by side. */

import { layout } from '../../domain/points/recovery-point.ts';
import { reportSchema } from '../../domain/report/report.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

/** ms for each location. */
const patience = 5_000;
const day = 86_400_000;

/** Component to ISO; empty where nothing was shipped since yesterday, or no report can be read. @param now  ms */
export async function logPositions(
  stores: readonly ObjectStore[],
  service: string,
  now: number,
): Promise<Record<string, string>> {
  const found = await Promise.all(
    stores.map((store) =>
      withLimit(patience, undefined, () => newestAt(store, service, now)).catch((): Record<string, string> => ({})),
    ),
  );
  const positions: Record<string, string> = {};
  for (const [component, moment] of found.flatMap((each) => Object.entries(each))) {
    if (moment > (positions[component] ?? '')) positions[component] = moment;
  }
  return positions;
}

/** Run ids begin with procedure and day, so that a year of shipments need not be listed. */
async function newestAt(store: ObjectStore, service: string, now: number): Promise<Record<string, string>> {
  for (const time of [now, now - day]) {
    const date = new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
    const keys: string[] = [];
    for await (const { key } of store.list(`${layout.reports(service, 'log-shipping')}${date}-`))
      if (key.endsWith('/report.json')) keys.push(key);
    for (const key of keys.sort().reverse().slice(0, 5)) {
      const report = reportSchema.safeParse(JSON.parse((await store.get(key)).body.toString()));
      if (report.success && report.data.service === service && report.data.archivedTo) return report.data.archivedTo;
    }
  }
  return {};
}
