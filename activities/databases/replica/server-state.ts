/** Asks a PostgreSQL server what it is and how far it is. Reads only; one round trip. */
import { readFile } from 'node:fs/promises';
import { type ServerState, serverStateSchema } from '../../../domain/databases/replica.ts';
import { refusal } from '../../../domain/errors.ts';
import type { ReplicaComponent } from '../../../domain/plan/component.ts';
import type { HostExecutor } from '../../hosts/executor.ts';
import { shellQuote } from '../../hosts/shell-quote.ts';

/** @throws ServerUnreadable when the host answers, but not as it should (no such user, a version that is not known) */
export async function askServer(
  executor: HostExecutor,
  component: ReplicaComponent,
  signal?: AbortSignal,
): Promise<ServerState> {
  const text = await readFile(new URL('../jobs/replica-facts.sh', import.meta.url), 'utf8');
  const { port, systemUser, standby } = component;
  const args = [standby.dataDirectory, String(port), systemUser];
  const command = shellQuote('exec', 'bash', '-c', text, 'muster-replica-facts', ...args);
  const { stdout, stderr } = await executor.exec(command, { inactivity: 10_000, ...(signal ? { signal } : {}) });
  const state = readState(stdout.toString('utf8'));
  if (state) return state;
  throw refusal(
    'ServerUnreadable',
    `${executor.name}: what PostgreSQL says of itself cannot be read: ${(stderr || stdout.toString('utf8')).slice(0, 300)}.`,
    'check `systemUser`, `port` and `standby.dataDirectory` of the component.',
  );
}

/** Undefined when that is not what the script says. */
function readState(text: string): ServerState | undefined {
  const lines = text.split('\n');
  const after = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const control = new Map(after('control').map((line) => [line.split(':')[0] ?? '', line.replace(/^[^:]*:\s*/, '')]));
  const [server] = after('server');
  const [why] = after('silent');
  if (server === undefined && why === undefined) return undefined;
  const identifier = control.get('Database system identifier');
  return serverStateSchema.safeParse({
    ...(identifier
      ? {
          control: {
            systemIdentifier: identifier,
            state: control.get('Database cluster state'),
            timeline: Number(control.get("Latest checkpoint's TimeLineID")),
            checkpointLsn: control.get('Latest checkpoint location'),
            rewindable:
              control.get('wal_log_hints setting') === 'on' || Number(control.get('Data page checksum version')) > 0,
          },
        }
      : {}),
    ...(server ? { server: JSON.parse(server) } : {}),
    undone: lines.includes('undone'),
    why: why?.trim() ?? '',
  }).data;
}
