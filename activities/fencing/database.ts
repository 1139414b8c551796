/** Asking a database whether it may be written, closing it to writes, and opening it again: a fixed script over SSH. */
import { readFile } from 'node:fs/promises';
import type { FencedDatabase, SiteInput } from '../../domain/fencing/fencing.ts';
import type { Host } from '../../domain/host.ts';
import type { StepContext } from '../context.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { withLimit } from '../waiting.ts';
import type { SeenHost } from './hosts.ts';

type Verb = 'state' | 'close' | 'open' | 'look' | 'lift' | 'probe';

/** ms for a script, beside the connection: ending sessions takes a moment. */
const scripted = 15_000;

/**
 * What the script printed, without the line's end.
 *
 * @throws faults of the connection; an Error with what psql or mariadb said
 */
export async function askDatabase(
  verb: Verb,
  database: FencedDatabase,
  host: Host,
  input: Pick<SiteInput, 'requestLimit'>,
  context: Pick<StepContext, 'host' | 'signal'>,
  setting = '',
): Promise<string> {
  const command = await databaseCommand(verb, database, setting);
  const limit = input.requestLimit + scripted;
  const answer = await withLimit(limit, context.signal, async (signal) =>
    (await context.host(host)).exec(command, { signal, inactivity: scripted }),
  );
  if (answer.code === 0) return answer.stdout.toString('utf8').trim();
  throw new Error(`${database.component} on ${host.name}: ${answer.stderr.trim().split('\n').slice(-2).join(' / ')}`);
}

/** The whole script on one command line: nothing of it has to lie on the host. */
export async function databaseCommand(verb: Verb, database: FencedDatabase, setting = ''): Promise<string> {
  const { driver, systemUser, at, database: name } = database;
  const text = await readFile(new URL(`scripts/${driver}.sh`, import.meta.url), 'utf8');
  return shellQuote('exec', 'bash', '-c', text, `muster-${verb}`, verb, systemUser, at, name, setting);
}

/** Each database with the hosts that it is on. */
export function databasesOn(
  input: SiteInput,
  hosts: readonly SeenHost[],
): { database: FencedDatabase; host: SeenHost }[] {
  return input.databases.flatMap((database) =>
    hosts.filter(({ group }) => group === database.group).map((host) => ({ database, host })),
  );
}
