/** `RECORD_HISTORIES=1` keeps what a test has just run for the replay tests, unless it says something of this machine. */
import { writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { refuseWhatMustNotLeave } from '../../../lab/histories/leaks.ts';
import { portable } from '../../../lab/histories/portable.ts';

export async function recordHistory(name: string, handle: WorkflowHandle): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  const text = portable(await handle.fetchHistory());
  refuseWhatMustNotLeave(name, text, { secrets: new Map(), lab: '' });
  await writeFile(new URL(`../../histories/${name}.json`, import.meta.url), text);
}
