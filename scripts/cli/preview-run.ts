/** Shows what a run would do: facts, risks, playbook, what it would overwrite, and how to start it. Starts and changes nothing. */
import { formatDuration } from '../../domain/duration.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { expectedDuration } from '../../domain/playbook/estimate.ts';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import { requestOf } from '../../domain/run/requests.ts';
import type { RunInput } from '../../domain/run/run.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { playbookLines } from '../views/playbook-lines.ts';
import { factLines } from '../views/run-lines.ts';
import type { Cli } from './cli.ts';
import { compileHere } from './compile-here.ts';
import { say, sayJson } from './io.ts';
import { overwrittenBy, overwrittenLines } from './overwritten.ts';
import { againLines } from './start.ts';
import { checkSteps, describeCheck } from './step-checks.ts';

/** @param command  what starts it; without one the form alone is named */
export async function previewRun(cli: Cli, plan: Plan, wanted: RunInput, command?: string): Promise<ExitCode> {
  const { procedure, service, from, to, point, restore, compromise } = wanted;
  const request = requestOf({ restore, compromise });
  const { assessment, compiled } = await compileHere(cli, plan, { procedure, service, from, to, point, request });
  const { playbook, rto } = compiled;
  const checks = await checkSteps(cli, plan, playbook);
  // A failover replaces what nobody uses; its hosts may not even run yet.
  const overwritten = traitsOf(procedure).moves ? [] : await overwrittenBy(cli, plan, playbook);
  if (cli.json) {
    const expected = expectedDuration(playbook);
    const found = Object.fromEntries(checks);
    sayJson(cli.io, { assessment, playbook, sha256: compiled.sha256, expected, rto, checks: found, overwritten });
    return exitCodes.ok;
  }
  const promise = rto ? `RTO: expected ${formatDuration(rto.expected)}, at most ${formatDuration(rto.maximum)}` : '';
  say(
    cli.io,
    [
      ...playbookLines(playbook, (id) => describeCheck(checks.get(id) ?? { state: 'not known' })),
      '',
      ...factLines(assessment),
      '',
      ...overwrittenLines(overwritten),
      ...(promise ? [promise] : []),
      `Playbook ${compiled.sha256} (a run has a hash of its own: its run id is part of it)`,
      '',
      'To start it',
      `  the command  ${command ?? 'the same without --preview'}`,
      ...againLines(cli, { ...wanted, reason: '' }),
    ].join('\n'),
  );
  return exitCodes.ok;
}
