/** TLS in front of a plain server on loopback, with a certificate of its own for `localhost`. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

export interface TlsFront {
  readonly endpoint: string;
  /** PEM; clients trust it as an authority. */
  readonly certificate: string;
  stop(): Promise<void>;
}

/** @param days  how long its certificate is valid */
export async function startTlsFront(to: string, days = 2): Promise<TlsFront> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days)];
  await promisify(execFile)('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names]);
  const certificate = await readFile(cert, 'utf8');
  const open = new Set<TLSSocket>();
  const server = createServer({ key: await readFile(key), cert: certificate }, (socket) => {
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
      await rm(folder, { recursive: true, force: true });
    },
  };
}
