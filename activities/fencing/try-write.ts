/** Does a site take writes? It is tried: a canary write through its own address, and in each database a table that is rolled back. */
import { randomUUID } from 'node:crypto';
import type { SiteInput } from '../../domain/fencing/fencing.ts';
import type { StepContext } from '../context.ts';
import { requestText } from '../health/request.ts';
import { isConnectionFault } from '../hosts/faults.ts';
import { LimitPassed } from '../waiting.ts';
import { askDatabase, databasesOn } from './database.ts';
import { mayAnswer, type SeenHost } from './hosts.ts';

export interface WriteAnswer {
  /** `silent`: nobody answered, which alone proves nothing. `untried`: the plan names nothing that could be tried. */
  readonly verdict: 'accepts' | 'refuses' | 'silent' | 'untried';
  readonly why: string;
}

/** Never rejects for what the site does. One that accepts outweighs all that refuse. */
export async function tryWrite(
  input: SiteInput,
  hosts: readonly SeenHost[],
  context: StepContext,
): Promise<WriteAnswer> {
  const asked = hosts.filter(mayAnswer);
  const { canary } = input;
  const answers = await Promise.all([
    ...(canary ? asked.filter(({ group }) => group === input.control.host) : []).map((host) =>
      byCanary((canary as string).replaceAll('{host}', host.address), input, context),
    ),
    ...databasesOn(input, asked).map(({ database, host }) => inDatabase(database, host, input, context)),
  ]);
  for (const verdict of ['accepts', 'silent', 'refuses'] as const) {
    const some = answers.filter((each) => each.verdict === verdict);
    if (some.length > 0) return { verdict, why: some.map(({ why }) => why).join('; ') };
  }
  if (!canary && input.databases.length === 0)
    return { verdict: 'untried', why: 'the plan names no canary and no database that could be tried' };
  return { verdict: 'silent', why: 'none of its hosts is on' };
}

async function byCanary(url: string, { requestLimit }: SiteInput, context: StepContext): Promise<WriteAnswer> {
  // As the observer's canary, and told apart from it, for a write that is taken stays.
  const body = JSON.stringify({ id: `muster-write-probe-${randomUUID()}`, at: new Date().toISOString() });
  try {
    const { status } = await requestText(url, { method: 'POST', body, timeout: requestLimit, signal: context.signal });
    return { verdict: verdictOf(status), why: `POST ${url} answers ${status}` };
  } catch (error) {
    context.signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    return { verdict: code === 'ECONNREFUSED' ? 'refuses' : 'silent', why: `POST ${url}: ${message}` };
  }
}

/** A path that is not there, or a login that is asked for, says nothing of writes. */
function verdictOf(status: number): WriteAnswer['verdict'] {
  if (status >= 200 && status <= 299) return 'accepts';
  return status >= 500 || status === 403 || status === 409 || status === 423 ? 'refuses' : 'silent';
}

async function inDatabase(
  database: SiteInput['databases'][number],
  host: SeenHost,
  input: SiteInput,
  context: StepContext,
): Promise<WriteAnswer> {
  const what = `${database.database} on ${host.name} (${host.address})`;
  try {
    const [word = '', ...rest] = (await askDatabase('probe', database, host, input, context)).split(' ');
    return { verdict: word === 'accepts' ? 'accepts' : 'refuses', why: `${what} ${[word, ...rest].join(' ')}` };
  } catch (error) {
    context.signal.throwIfAborted();
    const gone = error instanceof LimitPassed || isConnectionFault(error);
    return { verdict: 'silent', why: `${what}: ${gone ? 'no connection' : (error as Error).message}` };
  }
}
