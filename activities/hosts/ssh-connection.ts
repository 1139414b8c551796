/** One verified SSH connection. A host whose key is not known, or is another than the known one, is never logged in to. */
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { type Refusal, refusal } from '../../domain/errors.ts';
import { HostFault } from './faults.ts';
import { fingerprint, judgeKey, type KnownKey, knownKeys } from './known-hosts.ts';

export interface SshTarget {
  /** For messages: `db`. */
  readonly name: string;
  readonly address: string;
  /** Default 22. */
  readonly port?: number;
  readonly user: string;
  readonly privateKey: string | Buffer;
  /** OpenSSH known_hosts lines. */
  readonly knownHosts: string;
  /** ms for TCP, key exchange and login together. Default 8000. */
  readonly connectLimit?: number;
  /** ms between keep-alives, default 2000; three unanswered ones end the connection. */
  readonly keepAlive?: number;
}

/** Refusals HostKeyMismatch, HostKeyUnknown; faults HostUnreachable, HostLoginRefused. */
export function connectSsh(target: SshTarget): Promise<Client> {
  const { address, port = 22, connectLimit = 8_000 } = target;
  const known = knownKeys(target.knownHosts, address, port);
  const client = new Client();
  let refused: Refusal | undefined;
  return new Promise((resolve, reject) => {
    const where = `${target.name} (${address}${port === 22 ? '' : `:${port}`})`;
    const fail = (error: Error) => {
      clearTimeout(timer);
      client.on('error', () => {});
      client.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new HostFault('HostUnreachable', `${where} did not answer within ${connectLimit / 1000} s.`)),
      connectLimit,
    );
    client.once('ready', () => {
      clearTimeout(timer);
      client.off('error', failed);
      resolve(client);
    });
    const failed = (error: Error & { level?: string }) => fail(refused ?? describe(error, target, where, known));
    client.once('error', failed);
    client.once('close', () => fail(refused ?? new HostFault('HostUnreachable', `${where} hung up.`)));
    const config: ConnectConfig = {
      host: address,
      port,
      username: target.user,
      privateKey: target.privateKey,
      readyTimeout: 0,
      keepaliveInterval: target.keepAlive ?? 2_000,
      keepaliveCountMax: 3,
      hostVerifier: (key: Buffer) => {
        refused = refuseKey(known, key, target);
        return refused === undefined;
      },
    };
    const types = algorithmsOf(known);
    // Asked for other types the host would show a key that nobody noted, though a noted one is there.
    if (types.length > 0) config.algorithms = { serverHostKey: types };
    try {
      client.connect(config);
      // Small packets wait for no acknowledgement; without this every command costs 80 ms more.
      client.setNoDelay(true);
    } catch (error) {
      fail(
        refusal(
          'SshKeyUnusable',
          `The SSH private key cannot be read: ${(error as Error).message}.`,
          'ssh-keygen -y -f KEY; the plan names the key under ssh.key',
          { host: target.name },
        ),
      );
    }
  });
}

function refuseKey(known: readonly KnownKey[], key: Buffer, target: SshTarget): Refusal | undefined {
  const verdict = judgeKey(known, key);
  if (verdict === 'known') return undefined;
  const { name, address, port = 22 } = target;
  const scan = `ssh-keyscan -p ${port} ${address}`;
  const offered = `${address} shows the host key ${fingerprint(key)}`;
  if (verdict === 'unknown')
    return refusal(
      'HostKeyUnknown',
      `${offered}, and no key of it is known.`,
      `compare it with the host's console and add a line of ${scan} to the known hosts`,
      { host: name },
    );
  const why =
    verdict === 'revoked' ? 'which is revoked' : `but ${known.map(({ key }) => fingerprint(key)).join(', ')} is known`;
  return refusal(
    'HostKeyMismatch',
    `${offered}, ${why}.`,
    `find out whether the host was rebuilt or somebody stands in between; only then replace its line by ${scan}`,
    { host: name },
  );
}

const algorithms: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

function algorithmsOf(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = new Set(known.filter(({ revoked }) => !revoked).map(({ type }) => type));
  return Object.entries(algorithms).flatMap(([type, names]) => (types.has(type) ? names : []));
}

function describe(
  error: Error & { level?: string },
  target: SshTarget,
  where: string,
  known: readonly KnownKey[],
): Error {
  if (error.level === 'client-authentication')
    return new HostFault(
      'HostLoginRefused',
      `${where} does not let ${target.user} in with this key. Try: ssh -i KEY ${target.user}@${target.address}, and look at its authorized_keys`,
      error,
    );
  if (error.level === 'handshake' && /host key format/.test(error.message))
    return refusal(
      'HostKeyMismatch',
      `It has none of the known types of host key (${known.map(({ type }) => type).join(', ')}).`,
      `ssh-keyscan -p ${target.port ?? 22} ${target.address}, and find out why they changed`,
      { host: target.name },
    );
  return new HostFault('HostUnreachable', `${where} cannot be reached: ${error.message}`, error);
}
