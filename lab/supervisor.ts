/**
 * Owns one lab from inside its sealed namespaces (started by `up`, under init.sh). Descriptor 3 is a socket to `up`:
 * it gets the start message and gives progress lines; when it closes before the lab is ready, the lab ends.
 * Descriptors 4 and 5 are the listening sockets of the relays.
 */
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { controlServer } from './control.ts';
import { ports, third } from './layout.ts';
import { relay } from './network/relay.ts';
import type { LabOptions } from './options.ts';
import { labPaths } from './paths.ts';
import { createRange } from './range.ts';
import type { Tools } from './tools/ensure.ts';

/** What `up` says first, and what the supervisor says then, one JSON a line. */
export type StartMessage = { dir: string; options: LabOptions; tools: Tools };
export type ProgressMessage = { note: string } | { ready: true; env: Record<string, string> } | { failed: string };

const parent = new Socket({ fd: 3 });
let ready = false;
parent.on('error', () => {});
parent.on('close', () => {
  if (!ready) process.exit(1);
});

const tell = (message: ProgressMessage) => parent.writable && parent.write(`${JSON.stringify(message)}\n`);

createInterface({ input: parent }).once('line', (line) => {
  begin(JSON.parse(line) as StartMessage).catch((error: Error) => {
    console.error(error);
    tell({ failed: error.message });
    parent.end(() => process.exit(1));
  });
});

async function begin({ dir, options, tools }: StartMessage): Promise<void> {
  const paths = labPaths(dir);
  const range = createRange(dir, options, tools, (note) => tell({ note }));
  relay(4, { host: third, port: ports.temporal });
  relay(5, { host: third, port: ports.ui });
  const env = await range.start();
  rmSync(paths.control, { force: true });
  await new Promise<void>((resolve, reject) => {
    controlServer(range).once('error', reject).listen(paths.control, resolve);
  });
  ready = true;
  tell({ ready: true, env });
}
