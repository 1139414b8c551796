/** Opens a storage location of the plan, with its credentials resolved. */

import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { openAzureStore } from './azure.ts';
import { openGcsStore } from './gcs.ts';
import { openLocalStore } from './local.ts';
import { openS3Store } from './s3.ts';
import type { ObjectStore, StoreOptions } from './store.ts';

/**
 * @param name    the location's name in the plan
 * @param secret  reads a secret reference
 *
 * Errors: `LocationUnknown`, `SecretMissing`.
 */
export async function openStore(
  plan: Pick<Plan, 'storage'>,
  name: string,
  secret: (ref: SecretRef) => Promise<string>,
  options: StoreOptions = {},
): Promise<ObjectStore> {
  const location = plan.storage[name];
  if (!location) {
    throw refusal(
      'LocationUnknown',
      `The plan has no storage location ${name}.`,
      `use one of: ${Object.keys(plan.storage).join(', ')}.`,
    );
  }
  const read = async (ref: SecretRef) => (await secret(ref)).trim();
  switch (location.driver) {
    case 's3': {
      const { accessKeyId, secretAccessKey } = location;
      const credentials =
        accessKeyId && secretAccessKey
          ? { accessKeyId: await read(accessKeyId), secretAccessKey: await read(secretAccessKey) }
          : undefined;
      return await openS3Store(name, location, credentials, options);
    }
    case 'azure':
      return await openAzureStore(name, location, await read(location.accountKey), options);
    case 'gcs':
      return await openGcsStore(name, location, await read(location.serviceAccountKey), options);
    case 'local':
      return await openLocalStore(name, location, await read(location.served.secret));
  }
}
