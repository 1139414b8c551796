/** Opens a storage location of the plan, with its credentials resolved. */

import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { SecretRef } from '../../domain/plan-values.ts';
import { openS3Store, type S3Options } from './s3.ts';
import type { ObjectStore } from './store.ts';

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
  options: S3Options = {},
): Promise<ObjectStore> {
  const location = plan.storage[name];
  if (!location) {
    throw refusal(
      'LocationUnknown',
      `The plan has no storage location ${name}.`,
      `use one of: ${Object.keys(plan.storage).join(', ')}.`,
    );
  }
  const { accessKeyId, secretAccessKey } = location;
  const credentials =
    accessKeyId && secretAccessKey
      ? { accessKeyId: (await secret(accessKeyId)).trim(), secretAccessKey: (await secret(secretAccessKey)).trim() }
      : undefined;
  return await openS3Store(name, location, credentials, options);
}
