/**
 * Relays from the machine into the sealed network. A listening socket belongs to the network namespace it was made in,
 * so `up` makes it outside and hands it to the supervisor, whose own connections go to the inside.
 */
import { connect, createServer, type Server } from 'node:net';

/** A free port on 127.0.0.1 of the machine; the server accepts nothing here, only its descriptor is handed on. */
export async function openDoor(): Promise<{ port: number; fd: number; close: () => void }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const handle = (server as unknown as { _handle: { fd: number } })._handle;
  if (!address || typeof address === 'string') throw new Error('The machine gave no port on 127.0.0.1.');
  return { port: address.port, fd: handle.fd, close: () => server.close() };
}

/** Serves an inherited listening socket by passing each connection on to `target`. */
export function relay(fd: number, target: { host: string; port: number }): Server {
  const server = createServer((outside) => {
    const inside = connect(target);
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      one.pipe(other);
      one.once('error', () => other.destroy());
      one.once('close', () => other.destroy());
    }
  });
  return server.listen({ fd });
}
