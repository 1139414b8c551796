/** The hour when Muster is gone: two bare hosts, the store, curl, and what lies in the safe. RESTORE.md, step by step. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeUrl } from '../../../lab/environment.ts';
import { hostNamed } from '../../../lab/layout.ts';
import { labPaths } from '../../../lab/paths.ts';
import { pointFiles } from '../support/point-files.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';

const site = 'us-west-2';
let scenario: Scenario;
let id: string;

async function sh(host: string, script: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await scenario.lab.ssh(host, script, { input });
  if (code !== 0) throw new Error(`${host}: ended with ${code}: ${stderr}`);
  return stdout + stderr;
}

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  id = (await pointFiles(scenario)).id;
  // Workers dead, the region that served too: nothing of Muster takes part from here on.
  await scenario.stopWorkers();
  await scenario.lab.kill('us-east-1');
  await Promise.all(['app', 'db'].map((role) => scenario.lab.power(`${role}-${site}`, 'on')));
  await Promise.all(['app', 'db'].map((role) => scenario.lab.untilPower(`${role}-${site}`, 'on')));
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

/** Step 1, and the key card: the point's objects by curl with the store's own credentials, keys of the card beside them. */
async function download(host: string, components: string[]): Promise<void> {
  const { env } = scenario.lab.state;
  const card = join(labPaths(scenario.lab.dir).keys, 'muster');
  const file = (name: string) => readFileSync(join(card, name), 'utf8');
  const script = `set -euo pipefail; umask 077; mkdir -p /root/muster; cd /root/muster
    read -r user; { while IFS= read -r line && [[ $line != == ]]; do echo "$line"; done; } >signer.pub; cat >offline.key
    get() { printf 'user = "%s"\\n' "$user" | curl -fsS -K - -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --aws-sigv4 aws:amz:${site}:s3 "$@"; }
    store=${storeUrl(site)}/muster-${site}
    for prefix in points/${id} ${components.map((name) => `archives/${id}/${name}`).join(' ')} archives/${id}/key; do
      get "$store?list-type=2&prefix=muster%2Fspacetime%2F\${prefix//\\//%2F}" | grep -o '<Key>[^<]*' | cut -c 6- |
        while IFS= read -r key; do get --create-dirs -o "\${key#muster/}" "$store/$key"; done
    done
    find spacetime -type f | wc -l`;
  const input = `${env.AWS_ACCESS_KEY_ID}:${env.AWS_SECRET_ACCESS_KEY}\n${file('signer.pub')}==\n${file('offline.key')}`;
  expect(Number(await sh(host, script, input))).toBeGreaterThan(5);
}

const verified = `cd /root/muster/spacetime/points/*/ &&
  openssl pkeyutl -verify -pubin -inkey /root/muster/signer.pub -rawin -in restore.sh -sigfile restore.sh.sig`;
const restore = `${verified} && bash restore.sh --signer /root/muster/signer.pub --key /root/muster/offline.key`;

test('files and database come back identical on hosts that have never met Muster', async () => {
  const parts = ['configuration', 'application', 'certificates', 'logs'];
  const files = async () => {
    await download(`app-${site}`, parts);
    const said = await sh(
      `app-${site}`,
      `${restore} --target / ${parts.map((part) => `--component ${part}`).join(' ')}`,
    );
    expect(said).toContain(`Recovery point ${id} of spacetime`);
    expect(said).toContain('signature good');
  };
  const database = async () => {
    await download(`db-${site}`, ['database']);
    await sh(`db-${site}`, `${restore} --component database --target /root/restored`);
    const password = scenario.lab.state.env.SPACETIME_DATABASE_PASSWORD;
    const load = `cd /; p() { runuser -u postgres -- "$@"; }; p psql -Xq -v ON_ERROR_STOP=1
      p createdb --template=template0 -O spacetime spacetime_db
      p pg_restore --exit-on-error -d spacetime_db </root/restored/database.dump`;
    await sh(`db-${site}`, `set -e; ${load}`, `CREATE ROLE spacetime LOGIN PASSWORD '${password}';`);
  };
  await Promise.all([files(), database()]);
  for (const host of ['app', 'db']) expect(await sh(`${host}-${site}`, 'ls /var/lib')).not.toContain('muster');
  await sh(`app-${site}`, 'systemctl daemon-reload; systemctl start godot-spacetime');
  const { address } = hostNamed(`app-${site}`);
  const health = await scenario.lab.exec([
    'curl',
    '-sf',
    '--retry',
    '20',
    '--retry-all-errors',
    '--retry-delay',
    '1',
    `http://${address}:8080/status`,
  ]);
  expect(JSON.parse(health.stdout)).toMatchObject({ overall_ready: true });
  await scenario.expectDataOf(site);
});
