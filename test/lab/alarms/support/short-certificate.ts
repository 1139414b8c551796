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

/** Both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** @param ends  ms since the epoch */
export async function certificateUntil(ends: number): Promise<Certificate> {
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
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(cwd, name), 'utf8'));
    return { cert: `${cert}`, key: `${key}` };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** `20261202031500Z` */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
}
