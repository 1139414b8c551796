/**
 * Why a server does not let us in. gRPC says the same ("failed to connect before the deadline") for a server that is down, a
 * wrong authority and a client certificate that is missing, so the TLS handshake is tried once more by hand.
 */
import { type ConnectionOptions, connect } from 'node:tls';
import { isGrpcServiceError } from '@temporalio/client';
import { type Refusal, refusal } from '../../domain/errors.ts';
import type { TemporalPlace } from './settings.ts';

/** How the worker's half of the SDK words gRPC's UNAUTHENTICATED and PERMISSION_DENIED. */
const nativeDenial = /valid authentication credentials|does not have permission/;
/** ms for the second handshake. */
const patience = 2_000;

export async function whyNoConnection(place: TemporalPlace, error: unknown): Promise<Refusal> {
  const denied = accessDenied(place.address, error);
  if (denied) return denied;
  const reason = place.tls ? await handshake(place) : undefined;
  return reason ? tlsRefused(place, reason) : noServer(place.address, error);
}

/** Nothing answers there. */
export function noServer(address: string, error: unknown): Refusal {
  const cause = error instanceof Error ? error.message : String(error);
  return refusal(
    'NoServer',
    `No Temporal server answers at ${address} (${cause.split('\n')[0]}).`,
    'check that it runs; name another one with --address, TEMPORAL_ADDRESS or temporal.toml. Where Temporal is lost and a service is down: muster runbook SERVICE failover --format sh needs neither it nor a worker (docs/break-glass.md).',
  );
}

/** The server answers, and does not accept who we are; undefined for any other error. */
export function accessDenied(address: string, error: unknown): Refusal | undefined {
  const code = grpcCodeOf(error);
  if (code !== 16 && code !== 7 && !nativeDenial.test(String(error))) return undefined;
  return refusal(
    'AccessDenied',
    `The Temporal server at ${address} does not accept who we are (${detailsOf(error)}).`,
    'check the API key (TEMPORAL_API_KEY, MUSTER_TEMPORAL_API_KEY_FILE) or the client certificate, that it has not expired, and what it may do in this namespace.',
  );
}

/** gRPC status of an error or of what caused it, by number; undefined for anything else. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (isGrpcServiceError(each)) return each.code;
  }
  return undefined;
}

function detailsOf(error: unknown): string {
  let said = error instanceof Error ? error.message : String(error);
  for (let each: unknown = error; each instanceof Error; each = each.cause) said = each.message;
  return said.split('\n')[0] ?? said;
}

function tlsRefused({ address, tls }: TemporalPlace, reason: string): Refusal {
  const given =
    typeof tls === 'object' && tls.clientCertPair ? 'the client certificate that is shown' : 'no client certificate';
  return refusal(
    'TlsRefused',
    `${address} cannot be reached over TLS: ${reason} (${given}).`,
    'name the authority of the server with TEMPORAL_TLS_SERVER_CA_CERT_PATH, its name with TEMPORAL_TLS_SERVER_NAME, and a client certificate where it asks for one with TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.',
  );
}

/** What a handshake complains of; undefined when it succeeds, or when nothing answers at all. */
async function handshake({ address, tls }: TemporalPlace): Promise<string | undefined> {
  const [, host, port] = address.match(/^\[?(.+?)\]?:(\d+)$/) ?? [];
  if (!host) return undefined;
  return await new Promise((resolve) => {
    let handed = false;
    let socket: ReturnType<typeof connect>;
    try {
      socket = connect({ host, port: Number(port), ALPNProtocols: ['h2'], ...optionsOf(tls, host) });
    } catch (error) {
      resolve(complaint(error as Error)); // a certificate that is none
      return;
    }
    const end = (answer?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, patience);
    socket.on('secureConnect', () => {
      handed = true;
    });
    // An HTTP/2 server speaks first; TLS 1.3 refuses a client's certificate only after the handshake.
    socket.on('data', () => end());
    socket.on('error', (error) => end(isNetwork(error) && !handed ? undefined : complaint(error)));
    socket.on('close', () => end(handed ? hungUp(tls) : undefined));
  });
}

function optionsOf(tls: TemporalPlace['tls'], host: string): ConnectionOptions {
  const given = typeof tls === 'object' ? tls : {};
  return {
    servername: given.serverNameOverride ?? (/^[\d.]+$|:/.test(host) ? undefined : host),
    ca: given.serverRootCACertificate && Buffer.from(given.serverRootCACertificate),
    cert: given.clientCertPair && Buffer.from(given.clientCertPair.crt),
    key: given.clientCertPair && Buffer.from(given.clientCertPair.key),
  };
}

/** Some servers say nothing to a client whose certificate they refuse. */
function hungUp(tls: TemporalPlace['tls']): string {
  const shown = typeof tls === 'object' && tls.clientCertPair !== undefined;
  return shown
    ? 'the server hung up, as one does that refuses our client certificate'
    : 'the server hung up after the handshake';
}

function isNetwork(error: Error): boolean {
  return /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN)$/.test(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

function complaint(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (/CERTIFICATE_REQUIRED/.test(code)) return 'the server asks for a client certificate';
  if (/ALERT_UNKNOWN_CA|BAD_CERTIFICATE|ALERT_CERTIFICATE/.test(code))
    return 'the server refuses our client certificate';
  if (/SELF_SIGNED|UNABLE_TO_|ISSUER/.test(code))
    return 'its certificate is not from an authority that is trusted here';
  if (/WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST/.test(code)) return 'the server does not speak TLS';
  return error.message.split('\n')[0] ?? code;
}
