/** Sends one of the fixed control scripts in `control/` with its arguments. Their text travels with the call, so nothing stale can run. */
import { readFile } from 'node:fs/promises';
import type { ExecOptions, ExecResult, HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import { shellQuote } from './shell-quote.ts';

export type ControlScript = 'launch' | 'follow' | 'cancel' | 'fill' | 'sweep' | 'facts' | 'results' | 'fingerprint';

export async function control(
  executor: HostExecutor,
  script: ControlScript,
  args: readonly (string | number)[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const command = shellQuote('exec', 'bash', '-c', await controlText(script), `muster-${script}`, ...args.map(String));
  const result = await executor.exec(command, { inactivity: 60_000, ...options });
  if (result.code === 0) return result;
  const why = result.stderr.trim() || `status ${result.code}`;
  throw new HostFault('HostCommandFailed', `${executor.name}: ${script} of a host job failed: ${why}`);
}

const texts = new Map<string, Promise<string>>();

export function controlText(script: ControlScript | 'runner'): Promise<string> {
  const text = texts.get(script) ?? Promise.all(['common', script].map(read)).then((parts) => parts.join('\n'));
  texts.set(script, text);
  return text;
}

function read(name: string): Promise<string> {
  return readFile(new URL(`control/${name}.sh`, import.meta.url), 'utf8');
}
