/** Stands before a store and writes down which objects it gives out. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountedStore {
  readonly endpoint: string;
  /** Paths of the objects that were fetched whole, in order. */
  readonly fetched: string[];
  stop(): Promise<void>;
}

export async function countedStore(endpoint: string): Promise<CountedStore> {
  const { hostname, port } = new URL(endpoint);
  const fetched: string[] = [];
  const server = createServer((asked, answer) => {
    // The `Host` that was signed goes on with it.
    const { method, url = '', headers } = asked;
    const onward = request({ hostname, port, method, path: url, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.pipe(answer);
      given.on('end', () => {
        if (method === 'GET' && given.statusCode === 200) fetched.push(url.split('?')[0] as string);
      });
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fetched,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
