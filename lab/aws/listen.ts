/** Listening addresses as options give them: a unix socket path, a port, or ADDRESS:PORT. */
import { once } from 'node:events';
import type { Server } from 'node:http';

/** Where `address` points, in the form both `server.listen` and `http.request` understand. */
export function listenTarget(address: string): { socketPath: string } | { host: string; port: number } {
  if (address.includes('/')) return { socketPath: address };
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`"${address}" is no listening address. Try: 127.0.0.1:4566 or /run/proxy.sock`);
  return { host: colon < 0 ? '127.0.0.1' : address.slice(0, colon), port };
}

/** Resolves when the server listens; rejects when the address cannot be had. */
export async function listenOn(server: Server, address: string): Promise<void> {
  const target = listenTarget(address);
  server.listen('socketPath' in target ? { path: target.socketPath } : target);
  await once(server, 'listening');
}
