/** Logging in to a host with the system's ssh. */

/** The arguments that make ssh use the lab's key and verify the host's key against the lab's own list. */
export function sshOptions(keys: { ssh: string; knownHosts: string }): string[] {
  const options = {
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: keys.knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: '5',
    LogLevel: 'ERROR',
  };
  return [
    '-F',
    'none',
    '-i',
    keys.ssh,
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}
