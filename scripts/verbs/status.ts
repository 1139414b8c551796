/** `muster status`: what runs, or where one service's run stands. */
import { say, sayJson } from '../cli/io.ts';
import { flatRun, type RunSeen, seeRunningRuns } from '../cli/runs.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { rememberedLines, runLines } from '../views/run-lines.ts';
import { type AddVerb, examples, runFor } from './verb.ts';

export const addStatus: AddVerb = (program, run) => {
  program
    .command('status')
    .summary('what runs, and what needs a person')
    .description(
      'Without a service: every running run. With one: its running run, else its newest. Exits 5 when a person is needed.',
    )
    .argument('[service]', 'service, as its plan is named')
    .option('--backup', "the service's backup instead of its recovery")
    .addHelpText('after', examples('muster status', 'muster status spacetime', 'muster status spacetime --json'))
    .action(
      run<{ backup?: boolean }>(async (cli, [service], options) => {
        const runs = service ? [await runFor(cli, service, options)] : await seeRunningRuns(await cli.temporal());
        if (cli.json) sayJson(cli.io, service ? flatRun(runs[0] as RunSeen) : { runs: runs.map(flatRun) });
        else say(cli.io, service ? oneRun(runs[0] as RunSeen) : allRuns(runs));
        return runs.some((each) => each.needsPerson) ? exitCodes.needsPerson : exitCodes.ok;
      }),
    );
};

function oneRun(run: RunSeen): string {
  if (!run.status) return rememberedLines(run).join('\n');
  return runLines(run.status, { now: new Date().toISOString() }).join('\n');
}

function allRuns(runs: readonly RunSeen[]): string {
  if (runs.length === 0) return 'Nothing runs. (muster alone says where things stand.)';
  const rows = runs.map((run) => [
    run.service,
    run.procedure,
    run.phase,
    run.needsPerson ? 'NEEDS A PERSON' : '',
    run.startedAt,
    run.by,
    run.source === 'query' ? '' : 'no worker answered; from memory',
  ]);
  return columns(rows, ['service', 'procedure', 'phase', '', 'since', 'by', '']);
}
