/** `muster status`: what runs, or where one service's run stands. */
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { progressReader } from '../cli/progress.ts';
import { flatRun, type RunSeen, seeRunningRuns } from '../cli/runs.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { rememberedLines, runLines, type StepProgress } from '../views/run-lines.ts';
import { type AddVerb, examples, runToSee, whichRun } from './verb.ts';

export const addStatus: AddVerb = (program, run) => {
  const command = program
    .command('status')
    .summary('what runs, and what needs a person')
    .description(
      'Without a service: every running run. With one: what runs of it, else what ran last. Exits 5 when a person is needed.',
    )
    .argument('[service]', 'service, as its plan is named');
  whichRun(command)
    .addHelpText('after', examples('muster status', 'muster status spacetime', 'muster status spacetime --json'))
    .action(
      run<{ backup?: boolean; procedure?: string }>(async (cli, [service], options) => {
        const runs = service ? [await runToSee(cli, service, options)] : await seeRunningRuns(await cli.temporal());
        const [first] = runs;
        if (service && first) await sayOne(cli, first);
        else if (cli.json) sayJson(cli.io, { runs: runs.map(flatRun) });
        else say(cli.io, allRuns(runs));
        return runs.some((each) => each.needsPerson) ? exitCodes.needsPerson : exitCodes.ok;
      }),
    );
};

async function sayOne(cli: Cli, run: RunSeen): Promise<void> {
  const progress = await progressOf(cli, run);
  if (cli.json) sayJson(cli.io, { ...flatRun(run), progress: Object.fromEntries(progress) });
  else say(cli.io, oneRun(run, progress));
}

/** What the workers of the running steps last said: progress, attempt, last failure. */
async function progressOf(cli: Cli, run: RunSeen): Promise<ReadonlyMap<string, StepProgress>> {
  if (run.state !== 'RUNNING') return new Map();
  return await progressReader(await cli.temporal()).read(run);
}

function oneRun(run: RunSeen, progress: ReadonlyMap<string, StepProgress>): string {
  if (!run.status) return rememberedLines(run).join('\n');
  return runLines(run.status, { now: new Date().toISOString(), progress }).join('\n');
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
