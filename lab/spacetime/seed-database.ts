/** Makes SpaceTime's role, database and rows on a database host. */
import { readFileSync } from 'node:fs';
import type { HostShell } from './shell.ts';

const asPostgres = 'runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1';

/** Drops and makes the database anew, in one session. The password goes in by stdin only. */
export async function seedDatabase(seed: { shell: HostShell; password: string; rows: number }): Promise<void> {
  const schema = readFileSync(new URL('files/schema.sql', import.meta.url), 'utf8');
  const script = `${role(seed.password)}
DROP DATABASE IF EXISTS spacetime_db WITH (FORCE);
CREATE DATABASE spacetime_db OWNER spacetime;
\\connect spacetime_db
BEGIN;
SET ROLE spacetime;
${schema}
COMMIT;
RESET ROLE;
ANALYZE;
`;
  await seed.shell(`${untilItServes}\n${asPostgres} -v rows=${seed.rows}`, script);
}

const untilItServes = `cd /
for i in {1..100}; do
  ${asPostgres} -c 'SELECT 1' </dev/null >/dev/null 2>&1 && break
  sleep 0.1
done`;

function role(password: string): string {
  return `SELECT 'CREATE ROLE spacetime LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'spacetime') \\gexec
ALTER ROLE spacetime LOGIN PASSWORD '${password.replaceAll("'", "''")}';`;
}
