/** `muster reject`: no-go; the run ends and nothing was changed. */
import { refusal } from '../../domain/errors.ts';
import { type GiveOptions, give, givingVerb } from '../cli/approval.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addReject: AddVerb = (program, run) => {
  givingVerb(runVerb(program, 'reject', 'no-go: end a run that waits for approval, with nothing changed'))
    .requiredOption('--reason <text>', 'why; goes into the report')
    .option('--playbook <hash>', 'hash of the playbook, where no worker can be asked for it')
    .addHelpText(
      'after',
      examples(
        'muster reject spacetime --reason "us-east-1 answers again"',
        'muster reject spacetime --reason "us-east-1 answers again" --key ~/.ssh/id_ed25519',
      ),
    )
    .action(
      run<RunVerbOptions & GiveOptions & { playbook?: string }>(async (cli, [service = ''], options) => {
        const { by } = cli.who(options.by);
        const seen = await runFor(cli, service, options);
        const playbook = options.playbook ?? seen.status?.playbook;
        if (playbook === undefined) {
          throw refusal(
            'NothingToReject',
            seen.status
              ? 'This run has no playbook yet.'
              : 'No worker answered, so the hash of the playbook is not known.',
            `wait for it, or name it with --playbook; muster abort ${service} ends a run at any time.`,
          );
        }
        return await give(cli, seen, { by, decision: 'no-go', playbook, accept: [], reason: options.reason }, options);
      }),
    );
};
