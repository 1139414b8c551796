/** The runs that are recorded, in an order in which each finds what it needs. */
import { observed } from '../demo/observed.ts';
import { until } from '../shell.ts';
import type { Recorded, Recording } from './follow.ts';
import { outAndHome } from './moves.ts';
import { logShipping, restore, scratchRestore, verifyLost, watched } from './points.ts';
import { abortedRecovery, failover, fence, fullRecovery } from './recoveries.ts';
import { shift } from './traffic.ts';

type Record = (recording: Recording) => Promise<Recorded | Recorded[]>;

/** By what it is called in `--only`; the first makes the recovery point that the others work with. */
const runs: { readonly [name: string]: Record } = {
  backup: (at) => watched(at, 'backup', 'backup', ['backup', 'spacetime', '--watch']),
  failover: async (at) => {
    const recorded = await failover(at);
    await at.lab.reset();
    await until('SpaceTime is served again', async () => (await observed(at.lab).state()).state === 'ok', {
      timeoutMs: 60_000,
    });
    return recorded;
  },
  fence,
  switchover: outAndHome,
  shift,
  'full-recovery-aborted': abortedRecovery,
  'full-recovery': fullRecovery,
  restore,
  'scratch-restore': scratchRestore,
  'backup-incremental': (at) =>
    watched(at, 'backup-incremental', 'backup', ['backup', 'spacetime', '--kind', 'incremental', '--watch']),
  verify: (at) => watched(at, 'verify', 'verify', ['verify', 'spacetime']),
  'test-restore': (at) => watched(at, 'test-restore', 'test-restore', ['verify', 'spacetime', '--full']),
  'isolated-drill': (at) => watched(at, 'isolated-drill', 'isolated-drill', ['rehearse', 'spacetime', '--watch']),
  retention: (at) => watched(at, 'retention', 'retention', ['retention', 'spacetime', '--apply', '--watch']),
  'rotate-keys': (at) => watched(at, 'rotate-keys', 'keys', ['keys', 'rotate', 'spacetime']),
  'log-shipping': logShipping,
  'verify-lost': verifyLost,
};
export const runNames = Object.keys(runs);

/** @param only  names of `runNames`; the backup is made in any case, and answered where it was asked for */
export async function runAll(recording: Recording, only: readonly string[] = runNames): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  for (const [name, record] of Object.entries(runs)) {
    if (name !== 'backup' && !only.includes(name)) continue;
    recording.note(name);
    const made = [await record(recording)].flat();
    if (only.includes(name)) recorded.push(...made);
  }
  return recorded;
}
