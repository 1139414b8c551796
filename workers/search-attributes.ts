/** An unregistered search attribute fails workflow tasks for ever, so a worker refuses to start while one is missing. */
import type { Client } from '@temporalio/client';
import { refusal } from '../domain/errors.ts';
import { searchAttributes } from '../domain/search-attributes.ts';

/** @throws SearchAttributeMissing with the command that registers them */
export async function checkSearchAttributes(client: Client): Promise<void> {
  const namespace = client.options.namespace;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return;
  const flags = missing.map(({ name }) => `--name ${name} --type Keyword`).join(' ');
  throw refusal(
    'SearchAttributeMissing',
    `The namespace ${namespace} lacks the search attributes ${missing.map(({ name }) => name).join(', ')}.`,
    `temporal operator search-attribute create --namespace ${namespace} ${flags}`,
  );
}
