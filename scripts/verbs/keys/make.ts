/** `muster keys make`: new keys in a folder; nothing of a plan or a point is changed. */
import { writeKeys } from '../../../activities/points/keys.ts';
import { refusal } from '../../../domain/errors.ts';
import { nameSchema } from '../../../domain/plan/values.ts';
import { say, sayJson } from '../../cli/io.ts';
import { exitCodes } from '../../exit-codes.ts';
import { type AddVerb, examples } from '../verb.ts';

interface MakeOptions {
  readonly site?: string[];
  readonly offline?: boolean;
  readonly signer?: boolean;
  readonly days: string;
}

export const addKeysMake: AddVerb = (keys, run) => {
  keys
    .command('make')
    .summary('make new keys in a folder')
    .description(
      'Writes private keys (mode 600) and certificates into a folder, on a machine that you trust. Never replaces a file. The offline key belongs into a safe, and off this machine.',
    )
    .argument('<folder>', 'where to; made when it is not there')
    .option('--site <name>', 'a key of this site, repeatable', (name: string, before: string[] = []) => [
      ...before,
      name,
    ])
    .option('--offline', 'a key of the offline recipient')
    .option('--signer', 'a key that signs')
    .option('--days <count>', 'how long the certificates are valid', '730')
    .addHelpText(
      'after',
      examples(
        'muster keys make new --site us-east-1',
        'muster keys make safe --offline --days 1095',
        'muster keys make new --signer',
      ),
    )
    .action(
      run<MakeOptions>(async (cli, [folder = ''], { site = [], offline = false, signer = false, days }) => {
        const recipients = [...site, ...(offline ? ['offline'] : [])];
        if (recipients.length === 0 && !signer)
          throw refusal('BadInput', 'It was not said which keys to make.', '--site NAME, --offline or --signer.');
        const bad = site.find((name) => !nameSchema.safeParse(name).success || name === 'offline');
        if (bad !== undefined)
          throw refusal('BadInput', `${bad} is no name of a site.`, 'as the site is named in the plan.');
        const valid = Number(days);
        if (!Number.isInteger(valid) || valid < 1)
          throw refusal('BadInput', `${days} is no count of days.`, '--days 730');
        const written = await writeKeys(folder, { recipients, signer, days: valid }).catch((error) => {
          const { code } = error as NodeJS.ErrnoException;
          if (code !== 'EEXIST') throw error;
          throw refusal('KeyExists', `${folder} has one of these keys already.`, 'name a folder that is empty.');
        });
        if (cli.json) sayJson(cli.io, { folder, written });
        else say(cli.io, [...written.map((name) => `${folder}/${name}`), ...hints(offline)].join('\n'));
        return exitCodes.ok;
      }),
    );
};

function hints(offline: boolean): string[] {
  return [
    '',
    ...(offline ? ['offline.key: put it into the safe, twice, and delete it here.'] : []),
    'Then name them in the plan: docs/keys.md says in which order.',
  ];
}
