/** When the report of the newest month and of the newest quarter was left: what says that the Schedules of reports came to something. */
import { type NewestPeriods, type ReportKind, reportNames } from '../../domain/period/scheduled.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

/** ms that a place may take. */
const patience = 5_000;

export async function newestPeriods(stores: readonly ObjectStore[], service: string): Promise<NewestPeriods> {
  const seen = await Promise.all(
    stores.map((store) => withLimit(patience, undefined, () => newestAt(store, service)).catch(() => [])),
  );
  const found = seen.flat().sort((a, b) => a.name.localeCompare(b.name) || a.left - b.left);
  return Object.fromEntries(found.map(({ kind, left }) => [kind, left]));
}

interface Found {
  readonly kind: ReportKind;
  readonly name: string;
  readonly left: number;
}

async function newestAt(store: ObjectStore, service: string): Promise<Found[]> {
  const names: string[] = [];
  for await (const name of store.folders(layout.periods(service))) names.push(name);
  const kinds = Object.keys(reportNames) as ReportKind[];
  const found = kinds.map(async (kind) => {
    const name = names
      .filter((each) => kindOf(each) === kind)
      .toSorted()
      .at(-1);
    // Its list of hashes is written after what it lists.
    const list = name && (await store.head(layout.period(service, name, 'period.sha256')));
    return name && list ? [{ kind, name, left: list.modified.getTime() }] : [];
  });
  return (await Promise.all(found)).flat();
}

function kindOf(period: string): ReportKind {
  return period.includes('Q') ? 'quarter' : 'month';
}
