/** The plan's allowed signers: read once when a run is compiled, so that the run judges by what stood there then. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';

/** They travel with the run, in its history. */
const mostBytes = 64 * 1024;

/** For the policy of a run: empty where the plan names none. @throws AllowedSignersMissing */
export async function pinnedSignersOf(
  plan: Pick<Plan, 'approvals'>,
  planFolder: string,
): Promise<{ signers?: string }> {
  const { allowedSigners } = plan.approvals;
  return allowedSigners ? { signers: await readAllowedSigners(resolve(planFolder, allowedSigners.file)) } : {};
}

/** The lines that say something. @throws AllowedSignersMissing */
async function readAllowedSigners(file: string): Promise<string> {
  const missing = (fact: string) =>
    refusal(
      'AllowedSignersMissing',
      `${fact}, so no approval could be verified.`,
      'one line a person, as ssh-keygen(1) has it under ALLOWED SIGNERS: dana@example.com namespaces="muster-approval" ssh-ed25519 AAAA...',
    );
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw missing(`The allowed signers ${file} cannot be read (${error.code})`);
  });
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw missing(`The allowed signers ${file} name nobody`);
  const kept = `${lines.join('\n')}\n`;
  if (Buffer.byteLength(kept) > mostBytes) throw missing(`The allowed signers ${file} are larger than 64 KiB`);
  return kept;
}

/** Names that the lines give to keys; patterns (`*@example.com`) as they stand. */
export function principalsOf(signers: string): string[] {
  return signers
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (/^("[^"]*"|\S+)/.exec(line)?.[0] ?? '').replaceAll('"', '').split(','));
}
