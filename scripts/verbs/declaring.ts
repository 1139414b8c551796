/** `muster declaring`: the watch that lets observers declare an outage, where the plan says so. */
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import { type DeclaringStatus, declaringId } from '../../domain/observers/declaring.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { ask, noWorker, unanswered } from '../cli/runs.ts';
import { inTime, queryPatience, type Temporal } from '../cli/temporal.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

const patience = 10_000;

export const addDeclaring: AddVerb = (program, run) => {
  const declaring = program
    .command('declaring')
    .summary('let observers declare an outage, as the plan says')
    .description(
      'A watch asks the observers of the plan (declare.observers) and begins the procedure when enough of them have seen one outage for long enough. The run asks for its go as usual.',
    )
    .addHelpText(
      'after',
      examples('muster declaring start spacetime', 'muster declaring hold spacetime --reason "new switch"'),
    );
  addStart(declaring, run);
  addShow(declaring, run);
  addSignals(declaring, run);
};

function addStart(declaring: Command, run: Runner): void {
  declaring
    .command('start')
    .summary('begin to watch')
    .description(
      'Begins the watch, which goes on until it is ended or the plan says nothing of declaring any more. A change of the plan counts within ten minutes.',
    )
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster declaring start spacetime'))
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const rule = plan.declare;
        if (!rule)
          throw refusal(
            'NothingToWatch',
            `The plan of ${service} lets nobody declare.`,
            'add declare.observers to it.',
          );
        const temporal = await cli.temporal();
        const already = await started(temporal, service);
        const { needs, observers, after, procedure, go } = rule;
        if (cli.json) sayJson(cli.io, { service, workflowId: declaringId(service), already });
        else
          say(
            cli.io,
            `${already ? 'It watches already' : 'It watches'}: ${needs} of ${observers.length} observers for ${formatDuration(after)} declare a ${procedure}, which ${go === 'ask' ? 'asks for its go' : 'goes by itself where no risk stands'}.`,
          );
        return exitCodes.ok;
      }),
    );
}

function addShow(declaring: Command, run: Runner): void {
  declaring
    .command('show')
    .summary('what it watches for, who holds it, what it began')
    .description('What the watch says now.')
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster declaring show spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const temporal = await cli.temporal();
        const workflowId = declaringId(service);
        // What the server itself refuses is said before anybody's silence.
        await known(service, () => inTime(temporal, queryPatience, () => handleOf(temporal, service).describe()));
        const status = await ask<DeclaringStatus>(temporal, { workflowId }, 'status');
        if (status === unanswered) throw noWorker(workflowId);
        if (cli.json) sayJson(cli.io, status);
        else say(cli.io, [status.says, ...status.declared.map((id) => `begun: ${id}`)].join('\n'));
        return exitCodes.ok;
      }),
    );
}

function addSignals(declaring: Command, run: Runner): void {
  const verb = (
    name: string,
    summary: string,
    act: (temporal: Temporal, service: string, given: Held) => Promise<void>,
  ) =>
    declaring
      .command(name)
      .summary(summary)
      .description(summary)
      .argument('<service>', 'service, as its plan is named')
      .option('--by <name>', 'whose decision it is (else MUSTER_BY, git, the system user)')
      .option('--reason <why>', 'why', name === 'hold' ? 'planned work' : '')
      .addHelpText('after', examples(`muster declaring ${name} spacetime`))
      .action(
        run<{ by?: string; reason: string }>(async (cli, [service = ''], options) => {
          const temporal = await cli.temporal();
          const given = { by: cli.who(options.by).by, reason: options.reason };
          await known(service, () => inTime(temporal, patience, () => act(temporal, service, given)));
          if (cli.json) sayJson(cli.io, { service, [name]: given });
          else say(cli.io, `${name}: ${service}, by ${given.by}`);
          return exitCodes.ok;
        }),
      );
  verb('hold', 'declare nothing until it is resumed, during planned work', async (temporal, service, given) => {
    await handleOf(temporal, service).signal('hold', given);
  });
  verb('resume', 'watch again after a hold', async (temporal, service, given) => {
    await handleOf(temporal, service).signal('resume', given);
  });
  verb('end', 'end the watch; from then on only people declare', async (temporal, service) => {
    await handleOf(temporal, service).cancel();
  });
}

interface Held {
  readonly by: string;
  readonly reason: string;
}

/** True when it watches already. */
async function started(temporal: Temporal, service: string): Promise<boolean> {
  try {
    await inTime(temporal, patience, () =>
      temporal.client.workflow.start('declaring', {
        workflowId: declaringId(service),
        taskQueue: workflowQueue,
        args: [{ service }],
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `Watches for an outage of ${service}`,
      }),
    );
    return false;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return true;
    throw error;
  }
}

function handleOf(temporal: Temporal, service: string) {
  return temporal.client.workflow.getHandle(declaringId(service));
}

async function known<Value>(service: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw refusal('NotWatching', `Nothing watches ${service}.`, `muster declaring start ${service}`);
  }
}
