/** Whose name stands under a decision: `--by`, `MUSTER_BY`, git's user, else the system's. Always said, never proved. */
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { refusal } from '../../domain/errors.ts';

export interface Who {
  readonly by: string;
  /** Where the name is from, for people. */
  readonly source: string;
}

/** Refusal `NobodyNamed`: an empty `--by` is a mistake, and nobody else's name is put in its place. */
export function whoAmI(given: string | undefined, env: Readonly<Record<string, string | undefined>>): Who {
  if (given !== undefined) {
    if (given.trim()) return { by: given.trim(), source: '--by' };
    throw refusal('NobodyNamed', '`--by` names nobody.', '--by dana');
  }
  if (env.MUSTER_BY?.trim()) return { by: env.MUSTER_BY.trim(), source: 'MUSTER_BY' };
  const git = gitName();
  if (git) return { by: git, source: 'git user.name' };
  return { by: env.USER ?? userInfo().username, source: 'the system user' };
}

function gitName(): string | undefined {
  try {
    const name = execFileSync('git', ['config', 'user.name'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return name.trim() || undefined;
  } catch {
    return undefined;
  }
}
