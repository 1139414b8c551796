/** TLS in front of a plain server on loopback, with a certificate of its own for `localhost`. */
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { selfSigned } from './certificate.ts';

export interface TlsFront {
  readonly endpoint: string;
  /** PEM; clients trust it as an authority. */
  readonly certificate: string;
  stop(): Promise<void>;
}

/** @param days  how long its certificate is valid */
export async function startTlsFront(to: string, days = 2): Promise<TlsFront> {
  const { key, certificate } = await selfSigned(days);
  const open = new Set<TLSSocket>();
  const server = createServer({ key, cert: certificate }, (socket) => {
    open.add(socket);
    const { hostname, port } = new URL(to);
    const behind = connect(Number(port), hostname);
    for (const each of [socket, behind]) each.on('error', () => {});
    socket.pipe(behind).pipe(socket);
    socket.on('close', () => {
      open.delete(socket);
      behind.destroy();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    endpoint: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
