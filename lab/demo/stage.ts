/** How the demo runs commands: as a person would, in the lab's network, with what is typed shown first. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { connectLab } from '../client.ts';
import { commandInside } from '../inside.ts';
import { checkout } from '../paths.ts';

type Lab = ReturnType<typeof connectLab>;

export function stage(lab: Lab, signal: AbortSignal) {
  const began = performance.now();
  const program = join(checkout, 'scripts', 'muster');

  async function run(command: string[], { accept = [0] }: { accept?: number[] } = {}): Promise<number> {
    const [file, ...args] = commandInside(lab.state, 'third', command);
    const code = await new Promise<number>((resolve, reject) => {
      const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...lab.state.env }, signal });
      child.once('error', reject);
      child.once('close', (exit) => resolve(exit ?? 1));
    });
    if (!accept.includes(code)) throw new Error(`\`${command.join(' ')}\` ended with ${code}.`);
    return code;
  }

  return {
    scene(title: string) {
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      console.log(`\n== ${title}  (${seconds} s)`);
    },
    run,
    muster(words: string[], options?: { accept?: number[] }) {
      console.log(`$ muster ${words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`);
      return run([program, ...words], options);
    },
    async musterJson(words: string[]): Promise<unknown> {
      const { code, stdout, stderr } = await lab.exec([program, ...words, '--json']);
      if (code !== 0 && code !== 5) throw new Error(`muster ${words.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
  };
}
