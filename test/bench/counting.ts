/** Counts what hosts fetch from a store: its URLs lead through a proxy that notes the bytes of every answer. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ObjectStore } from '../../activities/storage/store.ts';

export interface Counted {
  readonly store: ObjectStore;
  readonly objects: number;
  readonly bytes: number;
  close(): void;
}

export async function counted(store: ObjectStore, endpoint: string): Promise<Counted> {
  const { host, hostname, port } = new URL(endpoint);
  let [objects, bytes] = [0, 0];
  const proxy = createServer((asked, answer) => {
    objects += 1;
    // The signature is over the store's own name.
    const forwarded = request({ hostname, port, path: asked.url, headers: { ...asked.headers, host } }, (found) => {
      answer.writeHead(found.statusCode ?? 500, found.headers);
      found.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      found.pipe(answer);
    });
    forwarded.once('error', () => answer.destroy());
    forwarded.end();
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const through = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    store: {
      ...store,
      presignGet: async (key, seconds) => (await store.presignGet(key, seconds)).replace(endpoint, through),
    },
    get objects() {
      return objects;
    },
    get bytes() {
      return bytes;
    },
    close: () => proxy.close(),
  };
}
