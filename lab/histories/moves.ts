/** Planned moves: out, for a time that is a moment ahead, and home again. */
import type { RunStatus } from '../../domain/run/run.ts';
import { approve, ask, command, follow, look, operator, type Recorded, type Recording, waitsFor } from './follow.ts';

/** Approved at once, begun at its time; two steps that a person confirms. Home without a time, with the other site stood down. */
export async function outAndHome(recording: Recording): Promise<Recorded[]> {
  const at = new Date(Date.now() + 20_000).toISOString();
  const out = await moved(recording, ['switchover', 'spacetime', '--by', 'recorder', '--at', at]);
  const home = await moved(recording, ['failback', 'spacetime', '--by', 'recorder']);
  return [
    { name: 'switchover', history: out },
    { name: 'failback', history: home },
  ];
}

async function moved(recording: Recording, words: string[]): Promise<Recorded['history']> {
  const { until, update, history, recovery } = follow(recording, 'spacetime/recovery');
  await command(recording.lab, words);
  await approve(recording);
  const final = ({ stages }: RunStatus) => stages.find(({ title }) => title.startsWith('Take the final'));
  await until('the final recovery point is taken', (now) => final(now)?.state === 'done');
  await until('a person is to look', waitsFor(look));
  await update('confirm', { ...operator, step: look });
  await until('a person is to ask', waitsFor(ask));
  await update('confirm', { ...operator, step: ask });
  await recovery.done();
  return await history();
}
