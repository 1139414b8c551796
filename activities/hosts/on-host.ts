/** Commands that a person gives to a host by hand: as root there, all of them or none of what comes after one that failed. */
import type { Host } from '../../domain/host.ts';
import { shellQuote } from './shell-quote.ts';

/** @param after  what the host's output goes to, here: `| zstd -d` */
export function onHost(host: Host, lines: readonly string[], after = ''): string {
  return [`${loginTo(host)} '${asRoot(host)}bash -euo pipefail -s' <<'ON_HOST'${after}`, ...lines, 'ON_HOST'].join(
    '\n',
  );
}

/** One command, which may read what is sent to it. */
export function throughHost(host: Host, command: string): string {
  return `${loginTo(host)} ${shellQuote(`${asRoot(host)}${command}`)}`;
}

function loginTo({ ssh, address }: Host): string {
  return `ssh -p ${ssh.port} ${shellQuote(`${ssh.user}@${address}`)}`;
}

function asRoot({ ssh }: Host): string {
  return ssh.user === 'root' ? '' : 'sudo ';
}
