/** The newest run that proved a plan: a move or a drill of it that ended well, by its report. */
import { procedures, traitsOf } from '../../domain/playbook/procedures.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { Proof } from '../../domain/readiness/proof-age.ts';
import { reportSchema } from '../../domain/report/report.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

/** ms for one location, and how many reports of a procedure are read there, newest first. */
const patience = 8_000;
const looks = 5;

/** Brings data back where it would have to serve, or rehearses just that. */
const proving = procedures.filter((name) => {
  const { moves, restores, drill } = traitsOf(name);
  return (moves && restores) || drill === true;
});

/** `unread`: locations that did not answer; what they alone have is not known. */
export async function lastProof(
  stores: readonly ObjectStore[],
  service: string,
): Promise<{ proof?: Proof; unread: string[] }> {
  const unread: string[] = [];
  const found = await Promise.all(
    stores.map((store) =>
      withLimit(patience, undefined, () => newestAt(store, service)).catch((error: Error): Proof[] => {
        unread.push(`${store.location}: ${error.message}`);
        return [];
      }),
    ),
  );
  const proof = found.flat().sort((a, b) => b.ended.localeCompare(a.ended))[0];
  return { ...(proof ? { proof } : {}), unread };
}

async function newestAt(store: ObjectStore, service: string): Promise<Proof[]> {
  const each = await Promise.all(proving.map((procedure) => newestOf(store, service, procedure)));
  return each.flatMap((proof) => proof ?? []);
}

/** Run ids begin with their procedure and their time. */
async function newestOf(store: ObjectStore, service: string, procedure: string): Promise<Proof | undefined> {
  const keys: string[] = [];
  for await (const { key } of store.list(layout.reports(service, procedure)))
    if (key.endsWith('/report.json')) keys.push(key);
  for (const key of keys.sort().reverse().slice(0, looks)) {
    const { success, data } = reportSchema.safeParse(parsed((await store.get(key)).body));
    if (!success || data.service !== service || data.procedure !== procedure || data.result !== 'done') continue;
    // A drill that was carried out to its end has shown nothing where what it asked was not so.
    if (data.drill && data.drill.result !== 'passed') continue;
    return { run: data.run, ended: data.times.ended, ...(data.plan ? { plan: data.plan } : {}) };
  }
  return undefined;
}

/** Half a report is none. */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
