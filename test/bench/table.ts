/** Times of competitors in one run: the best and the median of each, and ratios to the first one. */
import Table from 'cli-table3';

export type Times = Map<string, number[]>;

export async function timed(times: Times, name: string, action: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await action();
  const took = performance.now() - started;
  times.set(name, [...(times.get(name) ?? []), took]);
  console.log(`  ${name}: ${seconds(took)}`);
}

/** `bytes` is what was moved, for MB/s. */
export function printTable(title: string, times: Times, bytes: number): void {
  const table = new Table({ head: [title, 'median', 'best', 'MB/s', 'ratio'], style: { head: [], border: [] } });
  const first = median([...times.values()][0] ?? []);
  for (const [name, all] of times) {
    const middle = median(all);
    const rate = Math.round(bytes / 1e6 / (middle / 1000));
    table.push([name, seconds(middle), seconds(Math.min(...all)), rate, `${(middle / first).toFixed(2)} x`]);
  }
  console.log(table.toString());
}

function median(all: readonly number[]): number {
  return [...all].sort((a, b) => a - b)[Math.floor((all.length - 1) / 2)] ?? Number.NaN;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
