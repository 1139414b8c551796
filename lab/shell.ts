/** Runs a command and says clearly what failed. */
import { execFile } from 'node:child_process';

export type RunOptions = { input?: string; env?: Record<string, string>; cwd?: string; signal?: AbortSignal };

/** Resolves with stdout; rejects with the command and the end of its stderr. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      {
        maxBuffer: 64 << 20,
        cwd: options.cwd,
        signal: options.signal,
        env: options.env ? { ...process.env, ...options.env } : process.env,
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const detail = stderr.trim().split('\n').slice(-12).join('\n') || error.message;
        reject(new Error(`${[command, ...args].join(' ').slice(0, 300)} failed: ${detail}`));
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** `to` becomes what `from` is, with owners, times, devices and extended attributes. */
export async function copyTree(from: string, to: string): Promise<void> {
  await run('rm', ['-rf', to]);
  await run('cp', ['-a', from, to]);
}

/** Polls until the condition holds. `type` of the failure: timeout, with what was waited for. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  { timeoutMs = 20_000, everyMs = 50, signal }: { timeoutMs?: number; everyMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const limit = Date.now() + timeoutMs;
  while (!(await condition())) {
    signal?.throwIfAborted();
    if (Date.now() > limit) throw new Error(`Waited ${timeoutMs / 1000} s in vain until ${what}.`);
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
}
