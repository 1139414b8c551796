/** Opens the SSH access to a host of the plan, its key and the pinned host keys resolved. */
import type { Host } from '../../domain/host.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { HostExecutor } from './executor.ts';
import { sshExecutor } from './ssh-executor.ts';

/** @throws SecretMissing; connecting itself happens at first use */
export async function connectHost(host: Host, secret: (ref: SecretRef) => Promise<string>): Promise<HostExecutor> {
  const { user, port, key, knownHosts } = host.ssh;
  const [privateKey, known] = await Promise.all([secret(key), secret(knownHosts)]);
  return sshExecutor({
    name: host.name,
    address: host.address,
    port,
    user,
    privateKey: `${privateKey}\n`,
    knownHosts: known,
  });
}
