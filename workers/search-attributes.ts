/** An unregistered search attribute fails workflow tasks for ever, so a worker refuses to start while one is missing. */
import type { Client } from '@temporalio/client';
import { grpcCodeOf } from '../activities/temporal/why-no-connection.ts';
import { refusal } from '../domain/errors.ts';
import { searchAttributes } from '../domain/run/search-attributes.ts';

const invalidArgument = 3;

/** @throws SearchAttributeMissing with the command that registers them */
export async function checkSearchAttributes(client: Client): Promise<void> {
  const namespace = client.options.namespace;
  const missing: string[] = [];
  for (const { name } of Object.values(searchAttributes)) {
    if (!(await isRegistered(client, name))) missing.push(name);
  }
  if (missing.length === 0) return;
  const flags = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  throw refusal(
    'SearchAttributeMissing',
    `The namespace ${namespace} lacks the search attributes ${missing.join(', ')}.`,
    `temporal operator search-attribute create --namespace ${namespace} ${flags} (Temporal Cloud: tcld namespace search-attributes add)`,
  );
}

/** Asked by a search for it: Temporal Cloud does not let anyone list them, and a key may be allowed to run and no more. */
async function isRegistered(client: Client, name: string): Promise<boolean> {
  try {
    await client.workflow.count(`${name} = "none"`);
    return true;
  } catch (error) {
    if (grpcCodeOf(error) === invalidArgument) return false;
    throw error;
  }
}
