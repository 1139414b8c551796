/**
 * TLS in front of a gRPC server, as Temporal Cloud or a proxy is: asks for client certificates of its own authority, or for an API
 * key that the test may change. What passes is handed on; what does not gets gRPC's UNAUTHENTICATED.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GrpcFront {
  /** localhost:port */
  readonly address: string;
  /** Paths of PEM files. `stranger` is of another authority. */
  readonly files: Record<
    'authority' | 'server' | 'serverKey' | 'client' | 'clientKey' | 'stranger' | 'strangerKey' | 'otherAuthority',
    string
  >;
  /** Requests that were let through, by the authorization they showed. */
  readonly passed: Map<string, number>;
  /** From now on only this key is taken. */
  take(apiKey: string): void;
  /** The next so many calls of this method get this status and are not handed on. */
  refuse(method: string, status: number, message: string, times: number): void;
  stop(): Promise<void>;
}

/** @param mutual  ask for a client certificate */
export async function startGrpcFront(
  to: string,
  { mutual = false, apiKey }: { mutual?: boolean; apiKey?: string },
): Promise<GrpcFront> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-grpc-'));
  const ours = await authority(folder, 'ours');
  const theirs = await authority(folder, 'theirs');
  const server = await issue(folder, 'server', ours);
  const client = await issue(folder, 'client', ours);
  const stranger = await issue(folder, 'stranger', theirs);
  const passed = new Map<string, number>();
  let wanted = apiKey;
  const refusing = new Map<string, { status: number; message: string; times: number }>();

  const behind = connect(`http://${to}`);
  behind.on('error', () => {});
  const front = createSecureServer({
    cert: await readFile(server.cert),
    key: await readFile(server.key),
    ca: await readFile(ours.cert),
    requestCert: mutual,
    rejectUnauthorized: mutual,
  });
  const sessions = new Set<{ destroy(): void }>();
  front.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  front.on('stream', (stream, headers) => {
    const shown = String(headers.authorization ?? 'nothing');
    if (wanted !== undefined && shown !== `Bearer ${wanted}`) {
      answerWith(stream, 16, 'API key is not valid');
      return;
    }
    const refused = refusing.get(String(headers[':path']).split('/').at(-1) ?? '');
    if (refused && refused.times > 0) {
      refused.times -= 1;
      answerWith(stream, refused.status, refused.message);
      return;
    }
    passed.set(shown, (passed.get(shown) ?? 0) + 1);
    handOn(stream, { ...headers, ':scheme': 'http', ':authority': to }, behind);
  });
  await new Promise<void>((ready) => front.listen(0, '127.0.0.1', ready));
  return {
    address: `localhost:${(front.address() as AddressInfo).port}`,
    files: {
      authority: ours.cert,
      otherAuthority: theirs.cert,
      server: server.cert,
      serverKey: server.key,
      client: client.cert,
      clientKey: client.key,
      stranger: stranger.cert,
      strangerKey: stranger.key,
    },
    passed,
    take(key) {
      wanted = key;
    },
    refuse(method, status, message, times) {
      refusing.set(method, { status, message, times });
    },
    async stop() {
      for (const session of sessions) session.destroy();
      behind.destroy();
      await new Promise<void>((done) => front.close(() => done()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function answerWith(stream: ServerHttp2Stream, status: number, message: string): void {
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status), 'grpc-message': message },
    { endStream: true },
  );
}

function handOn(stream: ServerHttp2Stream, headers: Record<string, unknown>, behind: ReturnType<typeof connect>): void {
  const request = behind.request(headers as never, { endStream: false });
  stream.on('error', () => request.close());
  request.on('error', () => stream.destroy());
  stream.on('close', () => request.close());
  stream.pipe(request);
  request.on('response', (answer, flags) => {
    if (stream.destroyed) return;
    const ends = (flags & 1) === 1; // an error without a body: its status stands in the headers
    stream.respond(answer, ends ? { endStream: true } : { waitForTrailers: true });
    if (ends) return;
    let trailers = {};
    request.on('trailers', (sent) => {
      trailers = Object.fromEntries(Object.entries(sent).filter(([name]) => !name.startsWith(':')));
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    request.on('data', (chunk) => {
      if (!stream.destroyed) stream.write(chunk);
    });
    request.on('end', () => stream.end());
  });
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

async function authority(folder: string, name: string): Promise<Pair> {
  const pair = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await run('openssl', [...words, '-keyout', pair.key, '-out', pair.cert, '-subj', `/CN=${name}`]);
  return pair;
}

async function issue(folder: string, name: string, by: Pair): Promise<Pair> {
  const pair = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const [asked, names] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
  await writeFile(names, 'subjectAltName=DNS:localhost\n');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', pair.key];
  await run('openssl', ['req', ...key, '-out', asked, '-subj', `/CN=${name}`]);
  const sign = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', '2', '-extfile', names];
  await run('openssl', ['x509', '-req', '-in', asked, ...sign, '-out', pair.cert]);
  return pair;
}
