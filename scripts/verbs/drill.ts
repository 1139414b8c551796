/** `muster drill`: hold a drill of the plan now. */
import type { Command } from 'commander';
import { type DrillFault, drillFaults } from '../../domain/drills/request.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Runner } from '../cli/cli.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface DrillOptions {
  readonly fault?: string;
  readonly point?: string;
  readonly at?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addDrill: AddVerb = (program, run) => {
  const drill = program
    .command('drill')
    .summary('hold a drill of the plan now, whenever it is due')
    .description(
      'Starts a drill of the plan: its checklist, the same steps as the real thing in a place of its own, and who signs. What serves is not touched. Refused while a recovery runs.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<name>', 'drill, as the plan names it')
    .option('--fault <name>', `put a fault in on purpose, which must be noticed: ${drillFaults.join(', ')}`)
    .option('--point <id>', 'another recovery point than the newest')
    .option('--at <site>', 'the site where it is held (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster drill spacetime weekly-restore --watch',
        'muster drill spacetime quarterly --reason "new DR coordinator"',
        'muster drill spacetime monthly-verification --fault damaged-part',
        'muster drill sweep spacetime',
        'muster confirm spacetime before-notify-team-and-stakeholders --procedure drill',
      ),
    )
    .action(
      run<DrillOptions>(async (cli, [service = '', name = ''], options) => {
        const { plan } = await cli.plan(service);
        const { kind } = drillNamed(plan, name);
        const { point, at, reason } = options;
        if (at !== undefined && kind === 'tabletop')
          throw refusal('BadInput', 'A tabletop is held at no site: it talks of both.', 'leave --at out.');
        if ((at ?? point) !== undefined && (kind === 'isolated' || kind === 'exercise'))
          throw refusal(
            'BadInput',
            `A drill of kind ${kind} finds its site and its point by itself.`,
            'leave --at and --point out.',
          );
        const { by } = cli.who(options.by);
        const drill = { name, fault: faultNamed(options.fault) };
        const input = { procedure: 'drill', service, drill, point, from: at, to: at, reason, by } as const;
        return await start(cli, input, options);
      }),
    );
  addSweep(drill, run);
};

function addSweep(drill: Command, run: Runner): void {
  drill
    .command('sweep')
    .summary('take away what drills have left that were terminated')
    .description(
      'Looks on every host of the site for places that carry the name of Muster and of this service, and takes them away: files, databases, and jobs still at work. The next drill does the same on its own hosts.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--at <site>', 'the site (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples('muster drill sweep spacetime --watch'))
    .action(
      run<DrillOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { at, reason } = options;
        const sweep = { sweep: true } as const;
        const input = { procedure: 'drill', service, drill: sweep, from: at, to: at, reason, by } as const;
        return await start(cli, input, options);
      }),
    );
}

/** @throws BadInput */
function faultNamed(name: string | undefined): DrillFault | undefined {
  const found = drillFaults.find((each) => each === name);
  if (name === undefined || found) return found;
  throw refusal('BadInput', `There is no fault ${name}.`, `one of: ${drillFaults.join(', ')}.`);
}

/** @throws DrillUnknown */
function drillNamed(plan: Plan, name: string) {
  const found = plan.drills?.find((drill) => drill.name === name);
  if (found) return found;
  const names = plan.drills?.map((drill) => drill.name).join(', ') || 'it has none: drills in the plan';
  throw refusal('DrillUnknown', `The plan of ${plan.service} has no drill ${name}.`, `${names}.`);
}
