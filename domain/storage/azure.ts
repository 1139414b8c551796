/** A container of Azure Blob Storage. */
import { z } from 'zod';
import { secretSchema } from '../plan/values.ts';
import { encryptedOrLocal, everyLocation, noLock, ownEndpoint, unencrypted } from './shared.ts';

export const azureSchema = z
  .strictObject({
    driver: z.literal('azure'),
    ...everyLocation,
    ...ownEndpoint,
    account: z.string().regex(/^[a-z0-9]{3,24}$/, {
      error: 'a storage account is 3 to 24 lower-case letters and digits. Try: companybackups',
    }),
    container: z.string().regex(/^[a-z0-9](-?[a-z0-9]){2,62}$/, {
      error: 'a container is 3 to 63 lower-case letters, digits and single dashes. Try: recovery-points',
    }),
    /** Access key of the account: it signs the URLs that hosts are given. */
    accountKey: secretSchema,
    lock: noLock,
  })
  .refine(encryptedOrLocal, unencrypted);
export type AzureLocation = z.infer<typeof azureSchema>;
