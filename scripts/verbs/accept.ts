/** `muster accept`: accept a risk by name while a run waits at a gate. */
import { hashPlaybook } from '../../activities/planning/hash.ts';
import { refusal } from '../../domain/errors.ts';
import { type GiveOptions, give, givingVerb } from '../cli/approval.ts';
import { checkedPlaybook } from '../cli/checked-playbook.ts';
import type { Cli } from '../cli/cli.ts';
import type { RunSeen } from '../cli/runs.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

interface AcceptOptions extends RunVerbOptions, GiveOptions {
  readonly playbook?: string;
}

export const addAccept: AddVerb = (program, run) => {
  givingVerb(runVerb(program, 'accept', 'accept a risk by name while a run waits at a gate'))
    .argument('<risk>', 'id of the risk')
    .option('--reason <text>', 'why')
    .option('--playbook <hash>', 'the playbook that was read; refused when the run shows another')
    .addHelpText(
      'after',
      examples('muster accept spacetime old-primary-not-fenced --reason "its power is off, I was told by phone"'),
    )
    .action(
      run<AcceptOptions>(async (cli, [service = '', risk = ''], options) => {
        const { by } = cli.who(options.by);
        const seen = await runFor(cli, service, options);
        const playbook = await hashOf(cli, seen, options);
        return await give(cli, seen, { by, risk, reason: options.reason, playbook }, options, 'acceptRisk');
      }),
    );
};

/** Hashed here; where no worker answers only who read it before can say. @throws HashDiffers, AnotherPlaybook, NoWorker */
async function hashOf(cli: Cli, seen: RunSeen, { playbook }: AcceptOptions): Promise<string> {
  if (seen.status) return hashPlaybook(await checkedPlaybook(cli, seen, seen.status, playbook));
  if (playbook !== undefined) return playbook;
  throw refusal(
    'NoWorker',
    `No worker answered for ${seen.workflowId}, so the playbook that this risk is part of cannot be named.`,
    'start a worker; or, if you have read its hash before: --playbook <hash>, which waits as a Signal.',
  );
}
