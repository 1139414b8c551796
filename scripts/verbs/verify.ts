/** `muster verify`: look at recovery points where they lie, mend them, and print what was checked where. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { type Procedure, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { type Verification, verificationSchema } from '../../domain/points/verification.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { ask, seeRun, unanswered } from '../cli/runs.ts';
import { start } from '../cli/start.ts';
import { exitCodes } from '../exit-codes.ts';
import { verificationLines } from '../views/verification-lines.ts';
import { type AddVerb, examples } from './verb.ts';

interface VerifyOptions {
  readonly all?: boolean;
  readonly full?: boolean;
  readonly host?: string;
  readonly at?: string;
  readonly location?: string[];
  readonly days?: string;
  readonly reseed?: string;
  readonly from?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch: boolean;
}

export const addVerify: AddVerb = (program, run) => {
  program
    .command('verify')
    .summary('compare recovery points with their manifests, mend what has a good copy')
    .description(
      'Reads every object where it lies and compares its SHA-256; needs no key of a site. What is bad is put back from another location; what is good nowhere is quarantined, and a full backup is started. Watches the run and prints a table.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('[point]', 'recovery point (else the newest)')
    .option('--all', 'every recovery point')
    .option('--location <name...>', 'look at these locations only')
    .option(
      '--days <count>',
      'read so much of the parts that all are read within so many days; the rest is only looked for',
    )
    .option('--reseed <location>', 'first bring the points back to a location that has lost them')
    .option('--full', 'restore it into a scratch place on a running host, look at what comes out, remove it')
    .option('--host <name>', 'with --full: the host (else the first of each group)')
    .option('--at <site>', 'with --full: the site (else where the name leads)')
    .option('--from <site>', 'the site whose worker does it (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--no-watch', 'start it and return')
    .addHelpText(
      'after',
      examples(
        'muster verify spacetime',
        'muster verify spacetime 20260102_031500 --location company-backups-dr',
        'muster verify spacetime --all --days 30',
        'muster verify spacetime --reseed company-backups',
        'muster verify spacetime --full --host db',
      ),
    )
    .action(
      run<VerifyOptions>(async (cli, [service = '', point], options) => {
        const { plan } = await cli.plan(service);
        const { location: locations, reseed, all, from, reason } = options;
        for (const name of [...(locations ?? []), ...(reseed ? [reseed] : [])]) {
          if (name in plan.storage) continue;
          const names = Object.keys(plan.storage).join(', ');
          throw refusal(
            'LocationUnknown',
            `The plan of ${service} has no storage location ${name}.`,
            `one of: ${names}.`,
          );
        }
        if (options.full) return await testRestore(cli, service, point, options);
        if (all && point) throw refusal('BadInput', '--all and a point were both given.', 'one of them.');
        const { by } = cli.who(options.by);
        const days = options.days === undefined ? undefined : Number(options.days);
        const verify = { ...(all ? { all } : {}), locations, days, reseed };
        const input = { procedure: 'verify', service, point, from, reason, by, verify } as const;
        const code = await start(cli, input, { ...options, quiet: cli.json && options.watch });
        if (!options.watch || code === exitCodes.needsPerson) return code;
        return (await sayVerification(cli, service, 'verify')) ?? code;
      }),
    );
};

async function testRestore(cli: Cli, service: string, point: string | undefined, options: VerifyOptions) {
  if (options.all || options.location || options.days || options.reseed) {
    throw refusal(
      'BadInput',
      '--full looks at one point, on a host.',
      'without --all, --location, --days and --reseed.',
    );
  }
  const { host, at, reason } = options;
  const { by } = cli.who(options.by);
  const restore = host ? { host } : undefined;
  const input = { procedure: 'test-restore', service, point, from: at, to: at, reason, by, restore } as const;
  const code = await start(cli, input, { ...options, quiet: cli.json && options.watch });
  if (!options.watch || code === exitCodes.needsPerson) return code;
  return (await sayVerification(cli, service, 'test-restore')) ?? code;
}

/** Prints the table. Undefined when the run has no result: it ended otherwise, and that was said. */
async function sayVerification(cli: Cli, service: string, procedure: Procedure) {
  const result = await resultOf(cli, service, procedure);
  if (!result) return undefined;
  const { logs } = result;
  if (cli.json) sayJson(cli.io, { service, ...result });
  else say(cli.io, [...verificationLines(result), ...(logs ? [logs.summary] : [])].join('\n'));
  const bad =
    (logs?.lostLogs.length ?? 0) > 0 ||
    result.quarantined.length > 0 ||
    result.looks.some(({ state }) => state === 'damaged');
  return bad ? exitCodes.damaged : undefined;
}

async function resultOf(
  cli: Cli,
  service: string,
  procedure: Procedure,
): Promise<(Verification & { logs?: LogsSeen }) | undefined> {
  const temporal = await cli.temporal();
  const seen = await seeRun(temporal, workflowIdOf(service, procedure));
  if (!seen || seen.state === 'RUNNING') return undefined;
  const outputs = await ask<Record<string, unknown>>(temporal, seen, 'outputs');
  if (outputs === unanswered) return undefined;
  const all = Object.values(outputs);
  const [looks] = all.flatMap((output) => verificationSchema.safeParse(output).data ?? []);
  const [logs] = all.flatMap((output) => logsSchema.safeParse(output).data ?? []);
  return looks && { ...looks, ...(logs ? { logs } : {}) };
}

const logsSchema = z.object({ summary: z.string(), batches: z.number(), lostLogs: z.array(z.string()) });
type LogsSeen = z.output<typeof logsSchema>;
