/** What only an old primary had: nobody counts it, so a report says where it is kept and what to type to see it. */
import type { UncountedWrites } from '../../../domain/databases/uncounted.ts';
import { shellQuote } from '../../hosts/shell-quote.ts';
import type { ReplicaInput } from './replica-input.ts';

/** Of the private server on a copy; its socket is in /tmp. */
const port = 54_329;

/**
 * The kept folder itself is left as it is: a server that starts on it would write.
 *
 * @param bin  folder of that host's programs of PostgreSQL
 */
export function keptBeside({ component, host }: ReplicaInput, path: string, bin: string): UncountedWrites {
  const { systemUser, standby, database } = component;
  const own = shellQuote('sudo', '-u', systemUser);
  const look = `${path}.look`;
  const files = ['postmaster.pid', 'standby.signal', 'recovery.signal'].map((name) => `${look}/${name}`);
  const settings = {
    ...(standby.configFile ? { config_file: standby.configFile } : {}),
    ...{ data_directory: look, listen_addresses: '', port, unix_socket_directories: '/tmp' },
    ...{ archive_mode: 'off', default_transaction_read_only: 'on' },
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const control = `${own} ${shellQuote(`${bin}/pg_ctl`, '-D', look)}`;
  return {
    component: component.name,
    site: host.site,
    host: host.name,
    path,
    see: [
      shellQuote('ssh', '-p', String(host.ssh.port), `${host.ssh.user}@${host.address}`),
      `${own} ${shellQuote('cp', '-a', '--reflink=auto', '--', path, look)} && ${own} ${shellQuote('rm', '-f', '--', ...files)}`,
      `${control} -w -l ${shellQuote(`${look}/look.log`)} -o ${shellQuote(options.join(' '))} start`,
      `${own} ${shellQuote('psql', '-h', '/tmp', '-p', String(port), database)}   # and the same question at the primary`,
      `${control} -m fast stop && ${own} ${shellQuote('rm', '-rf', '--', look)}`,
    ],
  };
}
