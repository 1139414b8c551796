/** Samples in Prometheus' text format. A registry for each scrape: what is no longer so is not there any more, and nothing is half of one reading. */
import { Counter, Gauge, Registry } from 'prom-client';
import { families } from '../../domain/metrics/families.ts';
import type { Families, FamilyName, Sample } from '../../domain/metrics/sample.ts';

export const contentType = Registry.PROMETHEUS_CONTENT_TYPE;

export async function exposition(samples: readonly Sample[]): Promise<string> {
  const registry = new Registry();
  const byName = Map.groupBy(samples, ({ name }) => name);
  for (const [name, same] of byName) add(registry, name, families[name], same);
  return await registry.metrics();
}

function add(
  registry: Registry,
  name: FamilyName,
  { type, labels, help }: Families[FamilyName],
  samples: readonly Sample[],
): void {
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  if (type === 'counter') {
    const counter = new Counter<string>(settings);
    for (const { labels: of, value } of samples) counter.inc(of, value);
  } else {
    const gauge = new Gauge<string>(settings);
    for (const { labels: of, value } of samples) gauge.set(of, value);
  }
}
