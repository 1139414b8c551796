/** Starts a host job, or finds the one that is there. Two workers that do so at once get one job. */
import { readFile } from 'node:fs/promises';
import { refusal } from '../../domain/errors.ts';
import { control, controlText } from './control.ts';
import type { HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import type { HostJob, JobHandle, JobPlace, JobScript } from './job.ts';

export const defaultPlace: Required<JobPlace> = { base: '/var/lib/muster', bootId: '/proc/sys/kernel/random/boot_id' };

/**
 * Safe to call any number of times. A lost job (host rebooted, process vanished) and one that ended with status 75 is
 * started anew, after what is left of it was ended.
 *
 * Refusals: `HostLocked` (another step's or run's job holds the lock), `JobSuperseded` (a later generation exists),
 * `HostPermission`, `HostPrerequisite`.
 */
export async function startOrAttach(
  executor: HostExecutor,
  job: HostJob,
  place: JobPlace = {},
  signal?: AbortSignal,
): Promise<JobHandle> {
  const at = { ...defaultPlace, ...place };
  const { run, step, generation } = job.key;
  for (const word of [run, step, job.lock ?? 'none']) safeWord(word);
  if (!Number.isInteger(generation) || generation < 0)
    throw new TypeError(`generation ${generation} is not a whole number`);
  const args = [at.base, at.bootId, run, step, generation, job.lock ?? ''];
  const result = await launch(executor, args, await requestOf(job), signal);
  const [answer = '', ...words] = result.split(' ');
  const [first = '', second = ''] = words;
  const handle = { executor, place: at, folder: `${at.base}/jobs/${run}/${step}/${generation}/${first}` };
  if (answer === 'started' || answer === 'restarted') return { ...handle, how: answer, state: 'running' };
  if (answer === 'attached') return { ...handle, how: answer, state: 'running' };
  if (answer === 'exited') return { ...handle, how: 'attached', state: 'exited', code: Number(second) };
  throw problem(answer, words, executor.name, job);
}

async function launch(executor: HostExecutor, args: (string | number)[], stdin: string | Buffer, signal?: AbortSignal) {
  try {
    return (await control(executor, 'launch', args, { stdin, signal })).stdout.toString('utf8').trimEnd();
  } catch (error) {
    const missing = /(\w+): (?:command )?not found/.exec(error instanceof Error ? error.message : '');
    if (!(error instanceof HostFault) || error.type !== 'HostCommandFailed' || !missing) throw error;
    const [, tool] = missing;
    throw refusal('HostPrerequisite', `${tool} is missing.`, 'apt-get install bash coreutils util-linux', {
      host: executor.name,
    });
  }
}

function problem(answer: string, words: string[], host: string, job: HostJob): Error {
  const [first = '', second = ''] = words;
  switch (answer) {
    case 'locked':
      return refusal(
        'HostLocked',
        `Step ${second} of run ${first} works on ${job.lock} at this moment.`,
        `wait for run ${first} or abort it`,
        { host, step: job.key.step },
      );
    case 'superseded':
      return refusal(
        'JobSuperseded',
        `Generation ${first} of this step has taken over.`,
        'nothing: this attempt is out of date',
        { host, step: job.key.step },
      );
    case 'denied':
      return refusal(
        'HostPermission',
        `${first} cannot be written.`,
        `log in as root, allow sudo without a password, or create ${first} for this user`,
        { host },
      );
    case 'busy':
      return new HostFault('HostSilent', `${host}: another start of a job does not come to an end.`);
    case 'stuck':
      return new HostFault(
        'HostCommandFailed',
        `${host}: processes ${words.join(' ')} of an earlier start cannot be ended.`,
      );
    case 'cut':
      return new HostFault('ConnectionLost', `${host}: the request to start a job did not arrive whole.`);
    default:
      return new HostFault(
        'HostCommandFailed',
        `${host}: a job did not start: ${[answer, ...words].join(' ') || 'no answer'}`,
      );
  }
}

/** What a line of the request can hold as it is: printable, with no space at its ends. */
const plainLine = /^([!-~]([ -~]{0,998}[!-~])?)?$/;

/** Scripts and parameters with their length or on a line, secrets as base64; only ever on stdin. */
async function requestOf(job: HostJob): Promise<Buffer> {
  const parts: (string | Buffer)[] = [await openRequest(job)];
  for (const [name, value] of Object.entries(job.secrets ?? {})) {
    const bytes = Buffer.from(value);
    if (bytes.length > 2 ** 20) throw new TypeError(`secret ${name} is larger than 1 MiB`);
    parts.push(`secret ${safeWord(name)} ${bytes.toString('base64')}\n`);
  }
  return Buffer.concat([...parts, 'end\n'].map((part) => Buffer.from(part)));
}

/** What a request is without its secrets and its end. More parameters may be added to it in the same way. */
export async function openRequest(job: Pick<HostJob, 'script' | 'params'>): Promise<Buffer> {
  const parts: (string | Buffer)[] = [];
  const add = (kind: 'script' | 'param', name: string, value: string | Buffer) => {
    const bytes = Buffer.from(value);
    parts.push(`${kind} ${safeWord(name)} ${bytes.length}\n`, bytes);
  };
  add('script', 'runner', await controlText('runner'));
  add('script', 'lib', await readScript('lib'));
  add('script', 'job', await readScript(job.script));
  for (const [name, value] of Object.entries(job.params ?? {})) {
    if (typeof value === 'string' && plainLine.test(value)) parts.push(`line ${safeWord(name)} ${value}\n`);
    else add('param', name, value);
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function safeWord(word: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$/.test(word)) return word;
  throw new TypeError(`${JSON.stringify(word)} cannot be a name in a host job: letters, digits, _ . - only`);
}

function readScript(script: string | JobScript): Promise<string> {
  const path = typeof script === 'string' ? new URL(`jobs/${safeWord(script)}.sh`, import.meta.url) : script.path;
  return readFile(path, 'utf8');
}
