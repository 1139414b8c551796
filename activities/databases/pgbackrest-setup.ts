/** What a server needs so that it archives its log with pgBackRest, for the person who sets it up. No secret is read. */

import type { PostgresqlPitrComponent } from '../../domain/plan/component.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { configOf, describeRepository } from './pgbackrest-config.ts';

export interface ArchivingSetup {
  readonly component: string;
  readonly repository: string;
  /** Content of pgbackrest.conf, with a placeholder where a secret belongs. */
  readonly config: string;
  /** What each placeholder stands for. */
  readonly secrets: readonly string[];
  /** Lines of postgresql.conf. */
  readonly settings: readonly string[];
  readonly commands: readonly string[];
}

const path = '/etc/pgbackrest/pgbackrest.conf';

/** Refusals of `configOf`. */
export async function archivingSetup(component: PostgresqlPitrComponent, { storage }: Plan): Promise<ArchivingSetup> {
  const { name, stanza, systemUser, start, stop } = component;
  const secrets: string[] = [];
  const placeholder = (ref: SecretRef) => {
    const source = 'env' in ref ? `the environment variable ${ref.env}` : `the file ${ref.file}`;
    secrets.push(`${secrets.length + 1}: ${source} of the worker`);
    return `SECRET-${secrets.length}`;
  };
  const config = await configOf(component, storage, placeholder);
  const as = `runuser -u ${systemUser} --`;
  return {
    component: name,
    repository: describeRepository(component, storage),
    config,
    secrets,
    settings: [
      'wal_level = replica',
      'archive_mode = on',
      `archive_command = 'pgbackrest --stanza=${stanza} archive-push %p'`,
      'archive_timeout = 60',
    ],
    commands: [
      `install -d -m 750 -o ${systemUser} /etc/pgbackrest && install -m 600 -o ${systemUser} /dev/null ${path}   # then write it`,
      `${as} pgbackrest --stanza=${stanza} stanza-create`,
      `${stop} && ${start}`,
      `${as} pgbackrest --stanza=${stanza} check`,
    ],
  };
}

/** For people: what to write where, and what to run after it. */
export function setupText({ component, repository, config, secrets, settings, commands }: ArchivingSetup): string {
  return [
    `# ${component}: its log goes to ${repository}`,
    '',
    `# 1. ${path}, mode 600, of the server's user. The keys may do nothing outside that repository, and need not delete there.`,
    config.trimEnd(),
    ...secrets.map((secret) => `# SECRET-${secret}`),
    '',
    '# 2. postgresql.conf',
    ...settings,
    '',
    '# 3. as root on the host; archive_mode takes the restart',
    ...commands,
    '',
  ].join('\n');
}
