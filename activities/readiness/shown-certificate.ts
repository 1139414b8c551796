/** What certificate a server shows, found out by a real TLS handshake that then ends. */
import { connect } from 'node:tls';

export interface TlsPlace {
  /** Name that the certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** Where to connect, when that is not for DNS to say. */
  readonly address?: string;
  readonly serverName?: string;
  /** PEM; the machine's own authorities where absent. */
  readonly authority?: Buffer;
  /** Protocol to speak: gRPC wants h2. */
  readonly alpn?: string;
}

export interface ShownCertificate {
  readonly until: Date;
  /** Why a client would not accept it; absent where it would. */
  readonly refused?: string;
}

/** ms for connection and handshake. */
const patience = 5_000;

/** @throws Error where nobody answers, or not with TLS */
export async function shownCertificate(place: TlsPlace, signal: AbortSignal): Promise<ShownCertificate> {
  const { host, port, address = host, serverName = host, authority, alpn } = place;
  return await new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      // What is wrong with it is what is asked.
      rejectUnauthorized: false,
      ...(isName(serverName) ? { servername: serverName } : {}),
      ...(authority ? { ca: authority } : {}),
      ...(alpn ? { ALPNProtocols: [alpn] } : {}),
    });
    const stop = () => socket.destroy(new Error('given up'));
    signal.addEventListener('abort', stop, { once: true });
    socket.setTimeout(patience, () => socket.destroy(new Error(`no answer within ${patience} ms`)));
    socket.once('secureConnect', () => {
      const { valid_to: until } = socket.getPeerCertificate();
      const { authorizationError } = socket;
      socket.destroy();
      if (!until) reject(new Error('it shows none'));
      else resolve({ until: new Date(until), ...(authorizationError ? { refused: `${authorizationError}` } : {}) });
    });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', stop));
  });
}

/** An address is no name that a server could be asked by. */
function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}
