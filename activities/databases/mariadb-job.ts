/** What every job on a MariaDB server is given: the shared script, where the server is, and an account's password in memory. */
import type { MariadbComponent } from '../../domain/plan/component.ts';
import type { Secrets } from '../archives/driver.ts';
import { helpers, partFiles } from '../archives/job-files.ts';

export async function shared(component: MariadbComponent, ...more: string[]): Promise<Record<string, string>> {
  const { database, socket, systemUser } = component;
  return {
    ...(await helpers('archives', ...partFiles)),
    ...(await helpers('databases', 'checks.sh', 'mariadb.sh', ...more)),
    database,
    socket,
    'system-user': systemUser,
  };
}

/** Options as the client reads them from a file in memory. */
export async function clientSecrets({ account }: MariadbComponent, secret?: Secrets): Promise<Record<string, string>> {
  if (!account || !secret) return {};
  const value = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const password = await secret(account.password);
  return { 'client.cnf': `[client]\nuser=${value(account.user)}\npassword=${value(password)}\n` };
}
