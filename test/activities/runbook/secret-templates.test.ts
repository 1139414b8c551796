/** What a driver makes of a secret, made again by bash: for each way in which drivers put one into a text. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { clientSecrets } from '../../../activities/databases/mariadb-job.ts';
import { configOf } from '../../../activities/databases/pgbackrest-config.ts';
import { redis } from '../../../activities/databases/redis.ts';
import { placeholders } from '../../../activities/runbook/secret-templates.ts';
import type { MariadbComponent, PostgresqlPitrComponent, RedisComponent } from '../../../domain/plan/component.ts';
import type { SecretRef } from '../../../domain/plan/values.ts';

const run = promisify(execFile);
const library = fileURLToPath(new URL('../../../activities/runbook/library/', import.meta.url));
const real = { ONE: `p"a\\s's $(touch /tmp/never) %s \\n é`, TWO: 'plain' };
const refs = { one: { env: 'ONE' }, two: { env: 'TWO' } };
type Secret = (ref: SecretRef) => Promise<string>;
const known: Secret = async (ref) => real[('env' in ref ? ref.env : '') as keyof typeof real];

async function followed(make: (secret: Secret) => Promise<string>): Promise<{ recipe: string[]; text: string }> {
  const stand = placeholders();
  const made = await make(stand.secret);
  expect(stand.inside(made)).toBe(true);
  const recipe = stand.recipe(made, (ref) => ('env' in ref ? `env:${ref.env}` : `file:${ref.file}`));
  const lines = `exec 3>&2; state=/tmp step=x; for f in talk s3; do . ${library}$f.sh; done; { ${recipe.join(' && ')}; }`;
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', lines], { env: { PATH: process.env.PATH, ...real } });
  return { recipe, text: stdout };
}

const account = { user: 'backup', password: refs.one };

it.each<[string, (secret: Secret) => Promise<string>]>([
  ['as it is', async (secret) => await secret(refs.one)],
  [
    'in the options of the MariaDB client',
    async (secret) => (await clientSecrets({ account } as unknown as MariadbComponent, secret))['client.cnf'] ?? '',
  ],
  [
    'in the command that redis-cli reads',
    async (secret) => {
      const component = { name: 'cache', account, port: 6379, start: 's' } as unknown as RedisComponent;
      const { secrets } = await redis.undo(component, { run: 'r', point: '20260102_031500', secret });
      return String(secrets?.auth);
    },
  ],
  [
    'several in the configuration of pgBackRest',
    async (secret) => {
      const repository = { location: 'near', accessKeyId: refs.two, secretAccessKey: refs.one };
      const component = {
        name: 'ledger',
        stanza: 'main',
        repository,
        cipherPass: refs.two,
        dataDirectory: '/d',
        port: 1,
      };
      const near = { driver: 's3', region: 'r', bucket: 'points', prefix: 'muster' } as never;
      return await configOf(
        { ...component, archiveTimeout: 1000 } as unknown as PostgresqlPitrComponent,
        { near },
        secret,
      );
    },
  ],
])('%s', async (_, make) => {
  const { recipe, text } = await followed(make);
  expect(text).toBe(await make(known));
  expect(recipe.join()).not.toContain('plain');
  expect(recipe.join()).toContain('secret_of env:ONE');
});

it('refuses a text in which a secret was changed in a way that it does not know', async () => {
  const stand = placeholders();
  const changed = (await stand.secret(refs.one)).replace('"', '');
  expect(stand.inside(changed)).toBe(true);
  expect(() => stand.recipe(changed, () => 'env:ONE')).toThrow(expect.objectContaining({ type: 'NoScript' }));
});
