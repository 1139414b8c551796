/** Starts the real servers (moto, versitygw, our own programs) that a test needs, on free local ports, and ends them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goTool } from '../../../lab/tools/go.ts';
import { pythonTool } from '../../../lab/tools/python.ts';

export type Started = { url: string; port: number; stop(): Promise<void> };

export async function startMoto(): Promise<Started> {
  const port = await freePort();
  const child = spawn(
    join(await pythonTool('moto', quiet), 'python'),
    ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    {
      stdio: 'ignore',
      env: { ...process.env, MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' },
    },
  );
  return serving(child, port, '/moto-api/');
}

export async function startStore(region: string, credentials: { accessKeyId: string; secretAccessKey: string }) {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'muster-store-'));
  for (const part of ['data', 'versions']) mkdirSync(join(dir, part));
  const { accessKeyId, secretAccessKey } = credentials;
  const options = [
    '--port',
    `127.0.0.1:${port}`,
    '--access',
    accessKeyId,
    '--secret',
    secretAccessKey,
    '--region',
    region,
  ];
  const backend = [
    '--quiet',
    '--health',
    '/health',
    'posix',
    '--versioning-dir',
    join(dir, 'versions'),
    join(dir, 'data'),
  ];
  const child = spawn(await goTool('versitygw', quiet), [...options, ...backend], { stdio: 'ignore' });
  return serving(child, port, '/health', () => rmSync(dir, { recursive: true, force: true }));
}

/** Starts one of our own TypeScript programs and waits for its first line on stdout. */
export async function startProgram(
  file: string,
  args: string[],
): Promise<{ child: ChildProcess; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code} before it served.`)));
  });
  return { child, stop: () => ended(child) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

/** Polls until `condition` answers something truthy; throws with `what` after the limit. */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T> | T,
  limit = 10_000,
): Promise<NonNullable<T>> {
  for (const end = Date.now() + limit; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const answer = await condition();
    if (answer) return answer as NonNullable<T>;
  }
  throw new Error(`Waited ${limit} ms in vain until ${what}.`);
}

/** The lab's own pinned tools, built at first use. */
const quiet = { note: () => {} };

async function serving(child: ChildProcess, port: number, path: string, tidy = () => {}): Promise<Started> {
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await ended(child);
    tidy();
  };
  await eventually(
    `${url} serves`,
    () =>
      fetch(url + path).then(
        (answer) => answer.ok,
        () => false,
      ),
    30_000,
  );
  return { url, port, stop };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 3000);
  await gone;
  clearTimeout(hard);
}
