/** Runs beside a recovery: what is brought back in part or elsewhere, looked at, let go, sealed anew. */
import { join } from 'node:path';
import { workflowIdOf } from '../../domain/playbook/procedures.ts';
import { service as arcade } from '../arcade/layout.ts';
import { lowerArcade, raiseArcade } from '../arcade/raise.ts';
import { regions } from '../layout.ts';
import { labPaths } from '../paths.ts';
import { approve, ask, command, follow, look, operator, type Recorded, type Recording, waitsFor } from './follow.ts';

const file = '/opt/spacetime/production/project.godot';
const by = ['--by', 'recorder'];

/** What is started by a command that watches it to its end. */
export async function watched(recording: Recording, name: string, id: string, words: string[]): Promise<Recorded> {
  await command(recording.lab, [...words, ...by]);
  return { name, history: await follow(recording, `spacetime/${id}`).history() };
}

/** The configuration alone: a step skipped beforehand, paused and resumed, confirmed once by a Signal and once by an Update. */
export async function restore(recording: Recording): Promise<Recorded> {
  const { until, update, signal, history, recovery } = follow(recording, 'spacetime/recovery');
  await command(recording.lab, ['restore', 'spacetime', '--config-only', '--reason', 'to be recorded', ...by]);
  await approve(recording);
  await update('skip', { ...operator, step: 'check-data-configuration', reason: 'it is read by a person' });
  await until('a person is to look', waitsFor(look));
  await update('pause', { ...operator, reason: 'a look at the files' });
  await signal('confirm', { ...operator, step: look });
  await update('resume', operator);
  await until('a person is to ask', waitsFor(ask));
  await update('confirm', { ...operator, step: ask });
  await recovery.done();
  return { name: 'restore', history: await history() };
}

export const scratchRestore = (recording: Recording) =>
  watched(recording, 'scratch-restore', 'scratch', [
    ...['restore', 'spacetime', '--path', file, '--into', '/var/tmp/recorded', '--watch'],
  ]);

/** Something is lost at every location: people are told, and a backup is started, which goes on by itself. */
export async function verifyLost(recording: Recording): Promise<Recorded> {
  const { lab } = recording;
  const stores = regions.map(({ name }) => join(labPaths(lab.dir).store(name), 'data'));
  const spoil = `for store in ${stores.join(' ')}; do
    for file in $(ls -d "$store"/*/*/spacetime/archives/*/certificates/00000.0* | tail -n 1); do
      printf X | dd of="$file" bs=1 seek=600 conv=notrunc status=none
    done
  done`;
  const { code, stderr } = await lab.exec(['bash', '-euc', spoil]);
  if (code !== 0) throw new Error(`Nothing was spoilt: ${stderr}`);
  const { history } = follow(recording, 'spacetime/verify');
  await command(lab, ['verify', 'spacetime', '--all', ...by], 8);
  await follow(recording, 'spacetime/backup').recovery.done();
  return { name: 'verify-lost', history: await history() };
}

/** Of Arcade, since SpaceTime keeps no log. */
export async function logShipping(recording: Recording): Promise<Recorded> {
  await raiseArcade(recording.lab, recording.note);
  try {
    await command(recording.lab, ['logs', arcade, '--watch', ...by]);
    const history = await follow(recording, workflowIdOf(arcade, 'log-shipping')).history();
    return { name: 'log-shipping', history };
  } finally {
    await lowerArcade(recording.lab);
  }
}
