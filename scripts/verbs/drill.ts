/** `muster drill`: hold a drill of the plan now. */
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface DrillOptions {
  readonly point?: string;
  readonly at?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addDrill: AddVerb = (program, run) => {
  program
    .command('drill')
    .summary('hold a drill of the plan now, whenever it is due')
    .description(
      'Starts a drill of the plan: its checklist, the same steps as the real thing in a place of its own, and who signs. What serves is not touched. Refused while a recovery runs.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<name>', 'drill, as the plan names it')
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
        const { by } = cli.who(options.by);
        const input = { procedure: 'drill', service, drill: { name }, point, from: at, to: at, reason, by } as const;
        return await start(cli, input, options);
      }),
    );
};

/** @throws DrillUnknown */
function drillNamed(plan: Plan, name: string) {
  const found = plan.drills?.find((drill) => drill.name === name);
  if (found) return found;
  const names = plan.drills?.map((drill) => drill.name).join(', ') || 'it has none: drills in the plan';
  throw refusal('DrillUnknown', `The plan of ${plan.service} has no drill ${name}.`, `${names}.`);
}
