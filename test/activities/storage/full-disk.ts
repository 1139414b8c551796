/** Run in a mount namespace of its own: fills the folder and prints what the driver and its server say. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openLocalStore } from '../../../activities/storage/local.ts';
import { folderServer } from '../../../activities/storage/serve.ts';
import type { LocalLocation } from '../../../domain/storage/local.ts';

const folder = process.argv[2] as string;
const secret = 'a secret of thirty-two characters, and more';
const server = folderServer([{ name: 'small-disk', location: locationAt(0), secret }]);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const store = await openLocalStore('small-disk', locationAt((server.address() as AddressInfo).port), secret);

await store.put('small', Buffer.from('x'));
const worker = await store.put('too-large', Buffer.alloc(1_000_000)).then(
  () => 'stored',
  (error) => error.type,
);
const { url, headers } = await store.presignPut('also-too-large', 60);
const host = (await fetch(url, { method: 'PUT', headers, body: Buffer.alloc(1_000_000) })).status;
const keys: string[] = [];
for await (const { key } of store.list('')) keys.push(key);
console.log(JSON.stringify({ worker, host, keys, incoming: await readdir(join(folder, 'muster', '.incoming')) }));
server.close();
server.closeAllConnections();

function locationAt(port: number): LocalLocation {
  const served = { url: `http://127.0.0.1:${port}`, listen: '127.0.0.1:0', secret: { env: 'S' } };
  return { driver: 'local', region: 'here', prefix: 'muster', folder, mounted: true, served };
}
