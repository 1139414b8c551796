/** The batches of shipped logs among the objects of a location. */
import { logLayout } from '../../domain/databases/log-record.ts';
import { layout, pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { StoredObject } from '../../domain/retention/archives.ts';
import type { LogBatch } from '../../domain/retention/logs.ts';

/** Batches by component and age, out of the objects under `logs/`; each key once. */
export function logBatches(service: string, objects: readonly StoredObject[]): LogBatch[] {
  const groups = Map.groupBy(objects, ({ key }) => batchOf(service, key)?.join('\n') ?? '');
  groups.delete('');
  const batches = [...groups].map(([name, all]): LogBatch => {
    const [component = '', batch = ''] = name.split('\n');
    const record = logLayout.record(layout.log(service, component), batch);
    const first = all.filter(({ key }) => key === record);
    return {
      component,
      batch,
      recorded: first.length > 0,
      objects: [...first, ...all.filter(({ key }) => key !== record)],
    };
  });
  return batches.sort((a, b) => a.component.localeCompare(b.component) || a.batch.localeCompare(b.batch));
}

/** `spacetime/logs/database/archives/20260102_031500/key-1.cms` -> component and batch. */
function batchOf(service: string, key: string): [component: string, batch: string] | undefined {
  const [component = '', area = '', name = ''] = key.slice(layout.logs(service).length).split('/');
  const batch = area === 'records' ? name.replace(/\.json(\.sig)?$/, '') : area === 'archives' ? name : '';
  return pointIdSchema.safeParse(batch).success ? [component, batch] : undefined;
}
