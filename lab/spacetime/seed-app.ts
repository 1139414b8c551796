/** Installs SpaceTime on its app host: code, configuration, certificates, data, a git history, logs of all ages. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { productionRoot, smallFiles, version } from './files/tree.ts';
import type { Generated } from './generate.ts';
import { databaseName } from './image.ts';
import type { HostShell } from './shell.ts';

/** What the database client needs at run time; pg itself loads the rest only where it is installed. */
const modules = [
  ...['pg', 'pg-connection-string', 'pg-int8', 'pg-pool', 'pg-protocol', 'pg-types', 'pgpass', 'split2', 'xtend'],
  ...['postgres-array', 'postgres-bytea', 'postgres-date', 'postgres-interval'],
];

export type AppSeed = { shell: HostShell; password: string; files: number; megabytes: number; logDays: number };

export async function seedApp(seed: AppSeed): Promise<Generated> {
  const unpack = `rm -rf ${productionRoot} /opt/spacetime/logs && tar -C / --no-same-owner -xpf -`;
  await seed.shell(unpack, await bundle(environment(seed.password)));
  const [generated] = await Promise.all([
    seed.shell(
      `node /opt/spacetime/generate.ts ${productionRoot}/data --files ${seed.files} --megabytes ${seed.megabytes}`,
    ),
    seed.shell(certificates),
    seed.shell(logs, String(seed.logDays)),
    seed.shell(history),
  ]);
  await seed.shell(finish);
  return JSON.parse(generated) as Generated;
}

/** A tar of everything small, made here and extracted there. */
async function bundle(environment: string): Promise<Buffer> {
  const stage = await mkdtemp(join(tmpdir(), 'spacetime-'));
  try {
    const put = async (path: string, body: string, mode = 0o644) => {
      await mkdir(dirname(join(stage, path)), { recursive: true });
      await writeFile(join(stage, path), body, { mode });
    };
    await put(`${productionRoot}/.env`, environment, 0o600);
    for (const [path, body] of Object.entries(smallFiles())) await put(path, body);
    await cp(fileURLToPath(new URL('generate.ts', import.meta.url)), join(stage, 'opt/spacetime/generate.ts'));
    for (const name of modules) {
      const from = fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));
      await cp(from, join(stage, productionRoot, 'node_modules', name), { recursive: true, dereference: true });
    }
    // Only regular files go in, so that extracting it leaves /etc and its like as they are.
    const options = { encoding: 'buffer', maxBuffer: 64 << 20 } as const;
    const pack = 'find . -type f -print0 | tar --null --no-recursion --owner=0 --group=0 -T - -cf -';
    return (await promisify(execFile)('bash', ['--norc', '-c', `cd "$1" && ${pack}`, 'pack', stage], options)).stdout;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

function environment(password: string): string {
  return `NODE_ENV=production
PORT=8080
DATABASE_HOST=${databaseName}
DATABASE_PORT=5432
DATABASE_NAME=spacetime_db
DATABASE_USER=spacetime
DATABASE_PASSWORD=${password}
`;
}

const certificates = `
cd /etc/ssl/certs
rm -f spacetime-*
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj '/CN=SpaceTime lab CA' \\
  -keyout spacetime-ca.key -out spacetime-ca.crt 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=spacetime-api.company.com' \\
  -keyout spacetime-api.key -out spacetime-api.csr 2>/dev/null
openssl x509 -req -in spacetime-api.csr -CA spacetime-ca.crt -CAkey spacetime-ca.key -CAcreateserial -days 90 \\
  -extfile <(echo 'subjectAltName=DNS:spacetime-api.company.com') -out spacetime-api.crt 2>/dev/null
rm -f spacetime-api.csr spacetime-ca.srl
chmod 600 spacetime-*.key
`;

/** One access and one audit log a day, as old as their names say; today's are still being written. */
const logs = `
read -r days || true
mkdir -p /opt/spacetime/logs
cd /opt/spacetime/logs
for ((age = 0; age < days; age++)); do
  day=$(date -u -d "-$age days" +%F)
  for kind in access audit; do
    for ((line = 0; line < 200; line++)); do echo "$day $kind request $line of day $age answered"; done >"$kind-$day.log"
    touch -d "-$age days" "$kind-$day.log"
  done
done
`;

const history = `
cd ${productionRoot}
export HOME=/root GIT_AUTHOR_NAME=SpaceTime GIT_AUTHOR_EMAIL=devops@company.com
export GIT_COMMITTER_NAME=SpaceTime GIT_COMMITTER_EMAIL=devops@company.com
export GIT_AUTHOR_DATE=2025-12-01T09:00:00Z GIT_COMMITTER_DATE=2025-12-01T09:00:00Z
git init -q -b main
git add .gitignore project.godot package.json vr_main.tscn scripts
git commit -q -m 'Scenes and scripts'
git add scenes server
GIT_AUTHOR_DATE=2025-12-02T09:00:00Z GIT_COMMITTER_DATE=2025-12-02T09:00:00Z git commit -q -m 'Server'
git tag -a v${version} -m 'SpaceTime ${version}'
`;

const finish = `
rm -f /opt/spacetime/generate.ts
chown -R spacetime-app:spacetime-app /opt/spacetime
chmod 755 /opt/spacetime ${productionRoot}
chmod 600 ${productionRoot}/.env
systemctl daemon-reload
systemctl enable godot-spacetime >/dev/null
systemctl restart godot-spacetime
`;
