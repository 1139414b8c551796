/** `muster schedules`: what happens by itself. From the plan to Temporal Schedules, and what became of them. */
import type { Command } from 'commander';
import { applySchedules, compareSchedules } from '../../activities/schedules/apply.ts';
import { refusal } from '../../domain/errors.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import { type AnySchedule, everySchedule } from '../../domain/schedules/every-schedule.ts';
import { noteUnpaused } from '../../domain/schedules/note.ts';
import { scheduleId } from '../../domain/schedules/wanted-schedules.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type ScheduleSeen, scheduleTroubles, seeSchedules } from '../cli/schedules-seen.ts';
import { inTime } from '../cli/temporal.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { type AddVerb, examples } from './verb.ts';

const patience = 30_000;

export const addSchedules: AddVerb = (program, run) => {
  const text = 'What happens by itself: the schedules of a plan, and what became of them.';
  const schedules = program.command('schedules').summary('what happens by itself, and when').description(text);
  addApply(schedules, run);
  addList(schedules, run);
  addPauses(schedules, run);
  addRun(schedules, run);
};

function addApply(schedules: Command, run: Runner): void {
  schedules
    .command('apply')
    .summary("bring Temporal's Schedules to what the plan says")
    .description(
      'Compares, says what differs, and creates, changes or removes. Only what Muster made for this service; a pause stays.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--dry-run', 'only say what would be done')
    .addHelpText('after', examples('muster schedules apply spacetime --dry-run', 'muster schedules apply spacetime'))
    .action(
      run<{ dryRun?: boolean }>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const temporal = await cli.temporal();
        const wanted = everySchedule(plan);
        const changes = await inTime(temporal, patience, async () => {
          const found = await compareSchedules(temporal.client, service, wanted);
          if (!options.dryRun) await applySchedules(temporal.client, service, wanted, found);
          return found;
        });
        const applied = options.dryRun !== true;
        if (cli.json) sayJson(cli.io, { service, applied, changes });
        else {
          const rows = changes.map(({ id, action, why }) => [`  ${action}`, id, why]);
          say(cli.io, rows.length > 0 ? columns(rows) : `The plan of ${service} has no schedules.`);
          if (!applied) say(cli.io, 'Nothing was changed.');
        }
        return changes.some(({ action }) => action === 'leave') ? exitCodes.refused : exitCodes.ok;
      }),
    );
}

function addList(schedules: Command, run: Runner): void {
  schedules
    .command('list')
    .summary('what is due next, what became of the last, what was missed')
    .description('The schedules as they stand in Temporal, beside what the plan wants.')
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster schedules list spacetime', 'muster schedules list spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const seen = await seeSchedules(await cli.temporal(), plan);
        const troubles = scheduleTroubles(service, seen);
        if (cli.json) sayJson(cli.io, { service, schedules: seen, troubles });
        else {
          const head = ['schedule', 'what', 'when', 'next', 'last', ''];
          say(cli.io, seen.length > 0 ? columns(seen.map(rowOf), head) : `The plan of ${service} has no schedules.`);
          for (const trouble of troubles) say(cli.io, `  ${trouble}`);
        }
        return exitCodes.ok;
      }),
    );
}

function rowOf({ name, what, when, next, last, paused, plan }: ScheduleSeen): string[] {
  const state = paused ? 'PAUSED' : plan === 'keep' ? '' : plan;
  return [name, what, when, next ?? '-', last ? `${last.outcome} ${last.at}` : '-', state];
}

function addPauses(schedules: Command, run: Runner): void {
  for (const [verb, paused, summary] of [
    ['pause', true, 'nothing of it begins until it is unpaused; an apply leaves it so'],
    ['unpause', false, 'it goes on; what fell due meanwhile is not made up for'],
  ] as const) {
    const example = `muster schedules ${verb} spacetime hourly${paused ? ' --reason "moving the database"' : ''}`;
    schedules
      .command(verb)
      .summary(summary)
      .description(`One schedule, or all of the service: ${summary}.`)
      .argument('<service>', 'service, as its plan is named')
      .argument('[name]', 'schedule; all of the service where absent')
      .option('--reason <text>', 'why; shown in the list')
      .option('--by <name>', 'who (else MUSTER_BY, git, the system user)')
      .addHelpText('after', examples(example))
      .action(
        run<{ reason?: string; by?: string }>(async (cli, [service = '', name], options) => {
          const temporal = await cli.temporal();
          const asked = await placed(cli, service, name);
          const ids = asked.map(({ id }) => id);
          const who = { by: cli.who(options.by).by, reason: options.reason };
          const note = `${verb}d by ${who.by}${who.reason ? `: ${who.reason}` : ''}`;
          for (const schedule of asked) {
            const handle = temporal.client.schedule.getHandle(schedule.id);
            await inTime(temporal, patience, () =>
              paused ? handle.pause(note) : handle.unpause(noteUnpaused(schedule, who)),
            );
          }
          if (cli.json) sayJson(cli.io, { service, schedules: ids, paused, note });
          else say(cli.io, ids.map((id) => `${id}: ${note}`).join('\n'));
          return exitCodes.ok;
        }),
      );
  }
}

function addRun(schedules: Command, run: Runner): void {
  schedules
    .command('run')
    .summary('begin it now, as if it were due, also while it is paused')
    .description('Begins it now as if it were due: it waits for its turn, or is skipped, by its own policy.')
    .argument('<service>', 'service, as its plan is named')
    .argument('<name>', 'schedule')
    .option('--force', 'also when nothing has changed, where it looks for changes')
    .addHelpText(
      'after',
      examples('muster schedules run spacetime weekly', 'muster schedules run spacetime on-change --force'),
    )
    .action(
      run<{ force?: boolean }>(async (cli, [service = '', name = ''], options) => {
        const temporal = await cli.temporal();
        const [schedule] = await placed(cli, service, name);
        if (!schedule) throw new Error(`${name} is not there any more`);
        const { id } = schedule;
        await inTime(temporal, patience, async () => {
          if (!options.force || !('due' in schedule))
            return await temporal.client.schedule.getHandle(id).trigger('BUFFER_ONE');
          await temporal.client.workflow.start('scheduled', {
            workflowId: `${id}-due-${new Date().toISOString()}`,
            taskQueue: workflowQueue,
            args: [{ ...schedule.due, onChange: false }],
          });
        });
        if (cli.json) sayJson(cli.io, { service, schedule: id, begun: true });
        else say(cli.io, `${id} begins: ${schedule.what}\n  what becomes of it  muster schedules list ${service}`);
        return exitCodes.ok;
      }),
    );
}

/** The plan's schedules that are in Temporal; one, or all. @throws ScheduleUnknown, NotApplied */
async function placed(cli: Cli, service: string, name: string | undefined): Promise<AnySchedule[]> {
  const { plan } = await cli.plan(service);
  const temporal = await cli.temporal();
  const wanted = everySchedule(plan);
  const asked = wanted.filter(({ id }) => name === undefined || id === scheduleId(service, name));
  if (asked.length === 0) {
    const names = wanted.map(({ id }) => id.slice(service.length + 1)).join(', ') || 'it has none';
    throw refusal(
      'ScheduleUnknown',
      `The plan of ${service} has no schedule ${name ?? ''}.`.replace(' .', '.'),
      `${names}.`,
    );
  }
  const changes = await inTime(temporal, patience, () => compareSchedules(temporal.client, service, asked));
  const absent = changes.filter(({ action }) => action === 'create' || action === 'leave').map(({ id }) => id);
  if (absent.length === 0) return asked;
  throw refusal(
    'NotApplied',
    `Not in place as Muster's own: ${absent.join(', ')}.`,
    `muster schedules apply ${service}.`,
  );
}
