/** Runs steps as Temporal does: attempt after attempt, each in a process that may be killed; a refusal is retried as an operator would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { newRun } from '../points/world.ts';
import type { Attempt } from './attempt.ts';

type World = Pick<Attempt, 'plan' | 'planFolder' | 'hosts'>;

export interface Worker {
  /** Runs one step until it has an output. Throws when it takes more than so many attempts. */
  step<Output>(kind: string, step: string, input: unknown): Promise<Output>;
  /** A new run: no outputs yet. */
  begin(): void;
  /** Kills one attempt that runs now; false where none does. */
  kill(random: () => number): boolean;
  /** The run is terminated: its attempts are killed, and its steps are not tried again. Until the next one begins. */
  terminate(): void;
  readonly run: string;
  readonly attempts: number;
}

const mostAttempts = 15;

export function startWorker(world: World): Worker {
  const running = new Set<ChildProcess>();
  let run = newRun();
  let outputs: Record<string, unknown> = {};
  let attempts = 0;
  const terminated = new Set<string>();

  async function once(attempt: Attempt) {
    const child = spawn(process.execPath, [new URL('attempt.ts', import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    running.add(child);
    attempts += 1;
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(attempt));
    const [said, complained] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((done) => child.once('close', done)),
    ]);
    running.delete(child);
    const line = said.trim().split('\n').at(-1) ?? '';
    return line.startsWith('{')
      ? JSON.parse(line)
      : { fault: complained.slice(0, 2_000) || `signal ${child.signalCode}` };
  }

  return {
    get attempts() {
      return attempts;
    },
    begin() {
      run = newRun();
      outputs = {};
    },
    async step<Output>(kind: string, step: string, input: unknown): Promise<Output> {
      const why: string[] = [];
      const mine = run;
      for (let generation = 1, tries = 0; tries < mostAttempts; tries += 1) {
        if (terminated.has(mine)) throw new Error(`${mine} was terminated`);
        const answer = await once({ ...world, kind, step, input, run, generation, outputs: { ...outputs } });
        if (answer.output) {
          outputs[step] = answer.output;
          return answer.output as Output;
        }
        if (answer.refusal) generation += 1;
        why.push(answer.refusal ? `${answer.refusal.type}: ${answer.refusal.message}` : answer.fault);
      }
      throw new Error(`${step} did not succeed in ${mostAttempts} attempts:\n${why.slice(-5).join('\n')}`);
    },
    get run() {
      return run;
    },
    terminate() {
      terminated.add(run);
      for (const each of running) each.kill('SIGKILL');
    },
    kill(random) {
      const victim = [...running][Math.floor(random() * running.size)];
      return victim?.kill('SIGKILL') ?? false;
    },
  };
}
