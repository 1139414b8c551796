/**
 * A history as text that says nothing of the machine it was recorded on: no stack traces (they hold its paths), and no
 * machine's name in what workers call themselves. Neither is read by a replay.
 */
import { hostname } from 'node:os';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

type History = Parameters<typeof historyToJSON>[0];

export function portable(history: History): string {
  const json = JSON.parse(historyToJSON(history));
  return `${JSON.stringify(json, neutral, 1)}\n`;
}

function neutral(key: string, value: unknown): unknown {
  if (key === 'stackTrace') return undefined;
  // Identities, and the names of the queues that workers keep to themselves; never what a payload says.
  if (key !== 'data' && typeof value === 'string') return value.replaceAll(`@${hostname()}`, '@lab');
  return value;
}
