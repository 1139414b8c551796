/** Makes SpaceTime's role, database and rows on a database host. */
import { readFileSync } from 'node:fs';
import type { HostShell } from './shell.ts';

const asPostgres = 'cd / && runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1';

/** Drops and makes the database anew. The password goes in by stdin only. */
export async function seedDatabase(seed: { shell: HostShell; password: string; rows: number }): Promise<void> {
  await seed.shell(
    `for i in {1..100}; do ${asPostgres} -c 'SELECT 1' >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1`,
  );
  await seedRole(seed);
  await seed.shell(
    `${asPostgres}`,
    'DROP DATABASE IF EXISTS spacetime_db WITH (FORCE);\nCREATE DATABASE spacetime_db OWNER spacetime;\n',
  );
  const schema = readFileSync(new URL('files/schema.sql', import.meta.url), 'utf8');
  await seed.shell(
    `${asPostgres} -d spacetime_db -v rows=${seed.rows}`,
    `BEGIN;\nSET ROLE spacetime;\n${schema}\nCOMMIT;\nRESET ROLE;\nANALYZE;\n`,
  );
}

/** The role alone: for a standby whose PostgreSQL was provisioned with it. */
export async function seedRole(seed: { shell: HostShell; password: string }): Promise<void> {
  const sql = `
SELECT 'CREATE ROLE spacetime LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'spacetime') \\gexec
ALTER ROLE spacetime LOGIN PASSWORD '${seed.password.replaceAll("'", "''")}';
`;
  await seed.shell(asPostgres, sql);
}
