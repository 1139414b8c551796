/**
 * One attempt of one step in a process of its own, as a worker would make it: reads what to do from stdin (JSON), writes
 * `{ output }` or `{ refusal }`, and ends with 1 for a passing fault. It is killed with kill -9 at any moment.
 */
import { readFile } from 'node:fs/promises';
import { stdin } from 'node:process';
import { text } from 'node:stream/consumers';
import type { HostExecutor } from '../../../activities/hosts/executor.ts';
import { type SshSettings, sshExecutor } from '../../../activities/hosts/ssh-executor.ts';
import { stepDefinitions } from '../../../activities/registry.ts';
import { openStore } from '../../../activities/storage/open-store.ts';
import { Refusal } from '../../../domain/errors.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { stepContext } from '../../support/step-context.ts';
import { hostExecutor } from '../points/world.ts';

export interface Attempt {
  readonly kind: string;
  readonly input: unknown;
  readonly run: string;
  readonly step: string;
  readonly generation: number;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly plan: Plan;
  readonly planFolder: string;
  /** Host name to its folder and how it is reached. */
  readonly hosts: Readonly<Record<string, { readonly folder: string; readonly ssh: SshSettings }>>;
}

const attempt: Attempt = JSON.parse(await text(stdin));
const opened: HostExecutor[] = [];
try {
  const definition = stepDefinitions.find(({ kind }) => kind === attempt.kind);
  if (!definition) throw new Error(`no step ${attempt.kind}`);
  const secret = async (ref: { env: string } | { file: string }) =>
    'file' in ref ? await readFile(ref.file, 'utf8') : String(process.env[ref.env]);
  const context = await stepContext({
    run: attempt.run,
    step: attempt.step,
    generation: attempt.generation,
    outputs: attempt.outputs,
    plan: attempt.plan,
    planFolder: attempt.planFolder,
    secret,
    store: (name) => openStore(attempt.plan, name, secret, { maxAttempts: 2, requestTimeout: 5_000 }),
    host: async ({ name }) => {
      const host = attempt.hosts[name];
      if (!host) throw new Error(`no host ${name}`);
      const executor = hostExecutor(host.folder, sshExecutor({ ...host.ssh, name }));
      opened.push(executor);
      return executor;
    },
  });
  const output = await definition.run(definition.input.parse(attempt.input), context);
  say({ output: output ?? {} });
} catch (error) {
  if (error instanceof Refusal) say({ refusal: { type: error.type, message: error.message } });
  else {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  for (const executor of opened) await Promise.resolve(executor.close()).catch(() => {});
}
process.exit();

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
