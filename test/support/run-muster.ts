/** `muster` as typed, in this process: exit status and what it said. */
import { Writable } from 'node:stream';
import { runCli } from '../../scripts/run-cli.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runMuster(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err') =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          said[name] += chunk;
          done();
        },
      }),
      { columns: 400 },
    );
  return { code: await runCli(words, { stdout: into('out'), stderr: into('err'), env }), ...said };
}
