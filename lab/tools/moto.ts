/** The AWS stand-in of the lab: moto's server in a Python environment of its own. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../shell.ts';
import { cache, cached } from './cache.ts';
import type { BuildOptions } from './go.ts';

const version = '5.2.5';
const packages = [`moto==${version}`, 'flask', 'flask-cors'];

/** The environment's directory is also its address (scripts name it), so it is built in place and marked when whole. */
const home = join(cache, `moto-${version}`);
const mark = `${home}.complete`;

/** Path of the environment's python; moto runs as `python -m moto.server`. Built in about 40 s, once. */
export async function moto({ note, signal }: BuildOptions): Promise<string> {
  await cached(
    mark,
    async () => {
      note(`Installing moto ${version}, once (under a minute)`);
      rmSync(home, { recursive: true, force: true });
      await run(systemPython(), ['-m', 'venv', home], { signal });
      await run(join(home, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages], { signal });
      writeFileSync(mark, `${packages.join('\n')}\n`);
    },
    { note, signal },
  );
  return join(home, 'bin/python');
}

export function hasMoto(): boolean {
  return existsSync(mark);
}

function systemPython(): string {
  return existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
}
