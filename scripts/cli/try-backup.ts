/** `muster backup --dry-run`: everything that a backup needs is asked for, and nothing is written. */
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { requestOf } from '../../domain/run/requests.ts';
import { type RunInput, runInputSchema } from '../../domain/run/run.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { playbookLines } from '../views/playbook-lines.ts';
import { factLines } from '../views/run-lines.ts';
import type { Cli } from './cli.ts';
import { compileHere } from './compile-here.ts';
import { say, sayJson } from './io.ts';
import { type Finding, liveFindings } from './live-check.ts';

/** Everything that is wrong comes out at once. Exits 2 where something is to be mended first. */
export async function tryBackup(cli: Cli, plan: Plan, input: RunInput): Promise<ExitCode> {
  const { procedure, service, from, label, ...rest } = runInputSchema.parse(input);
  const [tried, live] = await Promise.all([
    compileHere(cli, plan, { procedure, service, from, label, request: requestOf(rest) }).catch(asFinding),
    liveFindings(plan, cli.planFolder),
  ]);
  const findings = 'ok' in tried ? [tried, ...live] : live;
  const found = 'ok' in tried ? undefined : tried;
  const bad = findings.filter(({ ok }) => !ok);
  if (cli.json) {
    sayJson(cli.io, {
      assessment: found?.assessment,
      playbook: found?.compiled.playbook,
      live: findings,
      started: false,
    });
  } else {
    const checks = columns(findings.map((each) => [`  ${each.ok ? 'good' : 'BAD'}`, each.what, each.found]));
    const end = bad.length > 0 ? `${bad.length} to mend first. Nothing was started.` : 'Nothing was started.';
    const lines = found ? [...playbookLines(found.compiled.playbook), '', ...factLines(found.assessment), ''] : [];
    say(cli.io, [...lines, checks, '', end].join('\n'));
  }
  return bad.length > 0 ? exitCodes.refused : exitCodes.ok;
}

function asFinding(error: unknown): Finding {
  if (!(error instanceof Refusal)) throw error;
  return { what: 'hosts, names and playbook', ok: false, found: error.message };
}
