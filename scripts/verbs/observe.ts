/** `muster observe`: what the observers of a service see now and saw before, and whether they agree. */
import { setTimeout as pause } from 'node:timers/promises';
import { seeVantages } from '../../activities/health/see-vantages.ts';
import { durationSchema } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import { observerEnvironment } from '../../domain/observers/observer-unit.ts';
import {
  type Agreement,
  agreementOf,
  type Vantage,
  type VantageSight,
  vantagesOf,
} from '../../domain/observers/vantages.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { agreementWords, outageLines, vantageTable } from '../views/vantage-lines.ts';
import { type AddVerb, examples } from './verb.ts';

interface Options {
  readonly last: string;
  readonly follow?: boolean;
  readonly count: boolean;
  readonly install?: string;
}

interface Seen {
  readonly at: string;
  readonly from: string;
  readonly agreement: Agreement;
  readonly vantages: readonly VantageSight[];
}

/** ms between two looks of `--follow`. */
const every = 2_000;

export const addObserve: AddVerb = (program, run) => {
  program
    .command('observe')
    .summary('what the observers see: up or down, since when, outages, lost writes, do they agree')
    .description(
      `Asks every observer that the plan names. Exits ${exitCodes.seenDown} when they see the service down or do not agree, ${exitCodes.noAnswer} when none of them looks. Reads only (docs/observers.md).`,
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--last <time>', 'outages and writes of so long', '24h')
    .option('--follow', 'go on, and say each change, until Ctrl-C')
    .option('--no-count', 'do not ask the service which canary writes it still has')
    .option(
      '--install <observer>',
      'print the environment file of that observer of the plan, for its unit; asks nobody',
    )
    .addHelpText(
      'after',
      examples(
        'muster observe spacetime',
        'muster observe spacetime --follow --no-count',
        'muster observe spacetime --install frankfurt > observer-spacetime.env',
      ),
    )
    .action(
      run<Options>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        if (options.install !== undefined) return install(cli, plan, options.install);
        const vantages = vantagesOf(plan);
        if (vantages.length === 0)
          throw refusal(
            'NoObserver',
            `The plan of ${service} names no observer.`,
            'add observers to it; docs/observers.md.',
          );
        const last = lastIn(options.last);
        return options.follow
          ? await follow(cli, plan, vantages, last, options)
          : await once(cli, plan, vantages, last, options);
      }),
    );
};

async function once(cli: Cli, plan: Plan, vantages: Vantage[], last: number, { count }: Options): Promise<ExitCode> {
  const seen = await look(cli, plan, vantages, last, count);
  if (cli.json) sayJson(cli.io, { service: plan.service, ...seen });
  else say(cli.io, linesOf(seen).join('\n'));
  return exitOf(seen.agreement);
}

/** The whole at first; then only what has changed. */
async function follow(cli: Cli, plan: Plan, vantages: Vantage[], last: number, { count }: Options): Promise<ExitCode> {
  const { signal } = cli.io;
  let before: Seen | undefined;
  while (!signal?.aborted) {
    const seen = await look(cli, plan, vantages, last, count);
    if (signal?.aborted) break;
    if (before === undefined || wordsOf(before) !== wordsOf(seen)) {
      if (cli.json) say(cli.io, JSON.stringify({ service: plan.service, ...seen }));
      else if (before === undefined) say(cli.io, linesOf(seen).join('\n'));
      else say(cli.io, `${seen.at} ${wordsOf(seen)}`);
      before = seen;
    }
    await pause(every, undefined, signal ? { signal } : {}).catch(() => {});
  }
  return exitOf(before?.agreement ?? 'unknown');
}

async function look(cli: Cli, plan: Plan, vantages: Vantage[], last: number, count: boolean): Promise<Seen> {
  const now = Date.now();
  const from = new Date(now - last).toISOString();
  const { publicUrl } = plan.health;
  const sights = await seeVantages(vantages, { publicUrl, from, count, signal: cli.io.signal });
  return { at: new Date(now).toISOString(), from, agreement: agreementOf(sights), vantages: sights };
}

function linesOf({ vantages, agreement, at, from }: Seen): string[] {
  const span = { from: Date.parse(from), to: Date.parse(at) };
  return [vantageTable(vantages, span), ...outageLines(vantages), agreementWords[agreement]];
}

function wordsOf({ vantages, agreement }: Seen): string {
  const each = vantages.map(({ name, state, since, why }) => {
    const more = state === 'up' ? '' : `${since ? ` since ${since}` : ''}${why ? ` (${why})` : ''}`;
    return `${name} ${state === 'up' ? state : state.toUpperCase()}${more}`;
  });
  return `${each.join('; ')}. ${agreementWords[agreement]}`;
}

function install(cli: Cli, plan: Plan, name: string): ExitCode {
  const planned = plan.observers?.find((each) => each.name === name);
  if (!planned) {
    const names = plan.observers?.map((each) => each.name).join(', ');
    throw refusal(
      'NoObserver',
      `The plan of ${plan.service} has no observer ${name}.`,
      names ? `one of: ${names}.` : 'add observers to it; docs/observers.md.',
    );
  }
  const environment = observerEnvironment(plan, planned);
  if (cli.json) sayJson(cli.io, { service: plan.service, observer: name, environment });
  else say(cli.io, environment);
  return exitCodes.ok;
}

function lastIn(text: string): number {
  const read = durationSchema.safeParse(text);
  if (read.success && read.data > 0) return read.data;
  throw refusal('BadInput', `${text} is no time to look back.`, '--last 24h, or --last 30d.');
}

function exitOf(agreement: Agreement): ExitCode {
  if (agreement === 'unknown') return exitCodes.noAnswer;
  return agreement === 'up' ? exitCodes.ok : exitCodes.seenDown;
}
