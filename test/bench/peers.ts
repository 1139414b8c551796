/** Whom Muster is measured against: the same pipeline as plain shell, the runbooks' shell, and restic. All use the same store. */
import { join } from 'node:path';
import { pythonTool } from '../../lab/tools/python.ts';
import type { TestHost, World } from '../activities/points/world.ts';

/** What a person would type for the same result: archives of about 64 MiB, two at a time, sealed, hashed and put. */
export async function plainBackup(world: World, host: TestHost, round: number): Promise<void> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  await host.sh(
    bash(`
    cd /srv; rm -rf plain; mkdir plain; cd app
    find production -type f -printf '%s\\t%p\\n' | awk -F '\\t' '{ if (n == 0 || b + $1 > 67108864) { n++; b = 0 } b += $1; print $2 > ("/srv/plain/list." n) }'
    find production -type d > /srv/plain/list.0
    one() {
      tar --no-recursion -T /srv/plain/list.$1 -cf - | zstd -1 -q |
        openssl cms -encrypt -aes-256-gcm -binary -stream -outform DER -out /srv/plain/part.$1 ${join(world.keys, 'east.crt')}
      openssl dgst -sha256 -r /srv/plain/part.$1 > /srv/plain/sum.$1
      curl -fsS -o /dev/null -T /srv/plain/part.$1 --aws-sigv4 aws:amz:us-east-1:s3 --user ${accessKeyId}:${secretAccessKey} \\
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -H 'Expect:' ${world.near.endpoint}/near/plain-${round}/$1
      rm /srv/plain/part.$1
    }
    export -f one
    ls /srv/plain | sed -n 's/^list.//p' | xargs -P 2 -I N bash -euo pipefail -c 'one N'`),
  );
}

export async function plainRestore(world: World, host: TestHost, round: number): Promise<void> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  await host.sh(
    bash(`
    mkdir -p /srv/plain-${round}
    one() {
      curl -fsS -o /srv/plain/part.$1 --aws-sigv4 aws:amz:us-east-1:s3 --user ${accessKeyId}:${secretAccessKey} -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' ${world.near.endpoint}/near/plain-${round}/$1
      openssl dgst -sha256 -r /srv/plain/part.$1 | sed 's/ .*//' | grep -qx "$(sed 's/ .*//' /srv/plain/sum.$1)"
      openssl cms -decrypt -inform DER -binary -inkey ${join(world.keys, 'east.key')} -in /srv/plain/part.$1 | zstd -dq | tar -C /srv/plain-${round} -x
      rm /srv/plain/part.$1
    }
    export -f one
    ls /srv/plain | sed -n 's/^sum.//p' | grep -vx 0 | xargs -P 2 -I N bash -euo pipefail -c 'one N'
    one 0
    rm -rf /srv/plain`),
  );
}

/** The runbooks' way, with its checksum, straight to the store. */
export async function runbookBackup(world: World, host: TestHost, round: number): Promise<void> {
  const aws = await awsCommand(world);
  await host.sh(
    bash(`
    cd /srv
    tar -czf - app/production | tee >(sha256sum >/srv/app.sum) | ${aws} s3 cp --quiet - s3://near/runbook-${round}.tar.gz`),
  );
}

export async function runbookRestore(world: World, host: TestHost, round: number): Promise<void> {
  const aws = await awsCommand(world);
  await host.sh(
    bash(`
    mkdir -p /srv/runbook-${round}
    ${aws} s3 cp --quiet s3://near/runbook-${round}.tar.gz /srv/app.tar.gz
    sha256sum /srv/app.tar.gz >/dev/null
    tar -C /srv/runbook-${round} -xzf /srv/app.tar.gz
    rm /srv/app.tar.gz`),
  );
}

/** `init` is asked for with the first backup of a repository. */
export async function restic(world: World, host: TestHost, repository: string, command: string): Promise<string> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  return await host.sh(
    bash(`
    export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} RESTIC_PASSWORD=bench
    export RESTIC_CACHE_DIR=/srv/cache RESTIC_REPOSITORY=s3:${world.near.endpoint}/near/restic-${repository}
    ${command}`),
  );
}

async function awsCommand(world: World): Promise<string> {
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  const folder = await pythonTool('awscli', { note: console.log });
  const settings = `AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_DEFAULT_REGION=us-east-1`;
  return `env ${settings} ${join(folder, 'aws')} --endpoint-url ${world.near.endpoint}`;
}

function bash(script: string): string {
  return `exec bash <<'SCRIPT'\nset -euo pipefail\n${script}\nSCRIPT`;
}
