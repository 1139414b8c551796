/** A server in the third place that shows a certificate, and does nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../../../lab/client.ts';
import { commandInside } from '../../../../lab/inside.ts';
import { third } from '../../../../lab/layout.ts';
import { until } from '../../../../lab/shell.ts';
import type { Certificate } from './short-certificate.ts';

let port = 9443;

/** Resolves when it shows it. `host` with its port, another one each time. */
export async function serveTls(lab: Lab, { cert, key }: Certificate): Promise<{ host: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  const host = `${third}:${port++}`;
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  // Not even a test that is killed leaves it behind.
  const command = ['setpriv', '--pdeathsig', 'KILL', 'openssl', 's_server', '-quiet', '-www', '-accept', host];
  const [file, ...args] = commandInside(lab.state, 'third', [...command, '-cert', files.cert, '-key', files.key]);
  const child: ChildProcess = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const shown = () => lab.exec(['curl', '-sk', '-m', '2', '-o', '/dev/null', `https://${host}`]);
    await until('it shows its certificate', async () => (await shown()).code === 0, { timeoutMs: 20_000 });
  } catch (error) {
    stop();
    throw error;
  }
  return { host, stop };
}
