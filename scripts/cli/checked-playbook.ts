/** The playbook of a run, hashed here: the worker that claims a hash is not the one that is believed. */
import { hashPlaybook } from '../../activities/planning/hash.ts';
import { refusal } from '../../domain/errors.ts';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import type { Cli } from './cli.ts';
import { playbookOf, type RunSeen } from './runs.ts';

/**
 * Compares its hash with what the worker claims and with what was read.
 *
 * @param read  the hash that somebody read before; undefined where nobody says
 * @throws NoPlaybook, NoWorker, HashDiffers, AnotherPlaybook
 */
export async function checkedPlaybook(
  cli: Cli,
  seen: RunSeen,
  status: RunStatus,
  read: string | undefined,
): Promise<Playbook> {
  const playbook = await playbookOf(await cli.temporal(), seen);
  if (!playbook) throw refusal('NoPlaybook', `Run ${status.run} has no playbook.`, 'wait until it has compiled one.');
  const hash = hashPlaybook(playbook);
  if (hash !== status.playbook) {
    throw refusal(
      'HashDiffers',
      `The worker claims playbook ${status.playbook ?? 'none'}, and what it would do hashes to ${hash}.`,
      'do not approve; compare the build of the worker with this checkout, and muster reject.',
    );
  }
  if (read !== undefined && read !== hash) {
    throw refusal(
      'AnotherPlaybook',
      `The run shows playbook ${hash}, not ${read}.`,
      'read it again before you approve.',
    );
  }
  return playbook;
}
