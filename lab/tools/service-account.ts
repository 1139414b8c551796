/** A key of a Google service account, for stand-ins that believe any. */
import { generateKeyPairSync } from 'node:crypto';

/** JSON as `gcloud iam service-accounts keys create` writes it, for a key that nobody else knows. */
export function serviceAccountKey(account: string, project: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({
    type: 'service_account',
    project_id: project,
    private_key_id: '1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: `${account}@${project}.iam.gserviceaccount.com`,
  });
}
