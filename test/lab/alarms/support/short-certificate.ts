/** A certificate that ends when a test says: the shortest that `openssl req` makes lasts a day. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../../lab/shell.ts';

const config = `[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
`;

/** @param ends  ms since the epoch. @returns PEM; nobody has its key */
export async function certificateUntil(ends: number): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'muster-short-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd });
  try {
    for (const [name, text] of Object.entries({ 'ca.cnf': config, 'index.txt': '', serial: '01\n' }))
      writeFileSync(join(cwd, name), text);
    await openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'key.pem');
    await openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=muster offline', '-out', 'request.pem');
    const times = ['-startdate', stamp(Date.now() - 2 * 86_400_000), '-enddate', stamp(ends)];
    const signed = ['-config', 'ca.cnf', '-batch', '-notext', '-selfsign', '-keyfile', 'key.pem', '-in', 'request.pem'];
    await openssl('ca', ...signed, ...times, '-out', 'cert.pem');
    return readFileSync(join(cwd, 'cert.pem'), 'utf8');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** `20261202031500Z` */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
}
