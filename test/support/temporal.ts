/** A real Temporal dev server on a free port of 127.0.0.1, with Muster's search attributes, ended with the test run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../domain/run/search-attributes.ts';
import { goTool } from '../../lab/tools/go.ts';

export interface TemporalServer {
  readonly address: string;
  stop(): Promise<void>;
}

interface Wishes {
  /** Database; else it is in memory. */
  readonly file?: string;
  /** Its UI on this port, which opens and seals payloads by the codec server there. */
  readonly ui?: { readonly port: number; readonly codec: string };
}

export async function startTemporal({ file, ui }: Wishes = {}): Promise<TemporalServer> {
  const path = await goTool('temporal', { note: (line) => console.log(line) });
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const attributes = Object.values(searchAttributes).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]);
  const server = spawn(
    path,
    [
      'server',
      'start-dev',
      ...(ui ? ['--ui-port', String(ui.port), '--ui-codec-endpoint', ui.codec] : ['--headless']),
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--log-level',
      'error',
      ...attributes,
      ...(file ? ['--db-filename', file] : []),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await answering(address, server);
  return {
    address,
    async stop() {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await gone;
    },
  };
}

async function answering(address: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the Temporal dev server ended with ${server.exitCode}`);
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1s' });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
