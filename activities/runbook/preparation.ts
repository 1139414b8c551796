/**
 * What a person runs once before the commands of a runbook: how hosts are logged into with their pinned keys, and how each storage
 * location is reached. Bash; holds references to secrets and no secret.
 */
import { resolve } from 'node:path';
import type { Host } from '../../domain/host.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { S3Location } from '../../domain/storage/s3.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { recipientFiles } from '../points/recipients.ts';
import type { Runbook } from './runbook.ts';

/** @param planFolder  that the plan's relative files are in */
export function preparation({ plan, playbook, assessment }: Runbook, planFolder: string): string[] {
  const file = (name: string) => shellQuote(resolve(planFolder, name));
  const site = plan.sites[playbook.to];
  const hosts = assessment.hosts.flatMap((host) =>
    [host.address, ...aliasesOf(host, playbook.from, assessment.hosts)].map((name) => ({ ...host, name })),
  );
  return [
    '# As root, so that owners and modes come back; needs aws, ssh, openssl 3, zstd, tar, curl and jq.',
    `mkdir -m 700 -p ~/by-hand-${plan.service} && cd ~/by-hand-${plan.service}`,
    ...(hosts.length > 0
      ? [
          "cat >ssh.conf <<'END_OF_HOSTS'",
          ...hosts.flatMap((host) => hostLines(host, planFolder)),
          'END_OF_HOSTS',
          `ssh() { command ssh -F ~/by-hand-${plan.service}/ssh.conf "$@"; }`,
        ]
      : ['# No host was known when this was compiled.']),
    `signer=${file(plan.signer.pinned[0]?.file ?? '')}`,
    `signer_key=${secretFile(plan.signer.key, planFolder)}`,
    ...(site
      ? [
          `key=${secretFile(site.key, planFolder)}   # of ${playbook.to}; of another site or offline.key where it is not at hand`,
        ]
      : []),
    `seal() { openssl cms -encrypt -aes-256-gcm -binary -outform DER -in "$1" -out "$2" ${recipientFiles(plan)
      .map((each) => file(each.file))
      .join(' ')}; }`,
    ...storageLines(plan, planFolder),
  ];
}

/** A fence names hosts of the site that is fenced by their group. */
function aliasesOf(host: Host, fenced: string, all: readonly Host[]): string[] {
  const first = all.find(({ site, group }) => site === fenced && group === host.group);
  return first === host ? [`HOST_OF_${host.group}`] : [];
}

function hostLines({ name, address, ssh }: Host, planFolder: string): string[] {
  const options = [
    `Host ${name}`,
    ...(name === address
      ? []
      : [`  HostName ${address}`, `  HostKeyAlias ${ssh.port === 22 ? address : `[${address}]:${ssh.port}`}`]),
    `  User ${ssh.user}`,
    `  Port ${ssh.port}`,
    ...('file' in ssh.key
      ? [`  IdentityFile ${resolve(planFolder, ssh.key.file)}`]
      : [`  # its key is in the variable ${ssh.key.env}: ssh-add - <<<"$${ssh.key.env}"`]),
    ...('file' in ssh.knownHosts
      ? [`  UserKnownHostsFile ${resolve(planFolder, ssh.knownHosts.file)}`]
      : [`  # its pinned keys are in the variable ${ssh.knownHosts.env}: put them into ~/.ssh/known_hosts`]),
    '  StrictHostKeyChecking yes',
  ];
  return options;
}

/** `at LOCATION COMMAND...` with its region and credentials, `place LOCATION`, and `object LOCATION KEY` as s3api takes it. */
function storageLines({ storage }: Plan, planFolder: string): string[] {
  const s3 = Object.entries(storage).flatMap(([name, location]) =>
    location.driver === 's3' ? [[name, location] as const] : [],
  );
  const others = Object.keys(storage).filter((name) => !s3.some(([known]) => known === name));
  const other = '*) echo "$1 is not on S3: use the tools of its own store" >&2; return 1 ;;';
  return [
    ...(others.length > 0 ? [`# Not on S3: ${others.join(', ')}.`] : []),
    'at() (',
    '  case $1 in',
    ...s3.map(([name, location]) => `    ${name}) ${settingsOf(location, planFolder)} ;;`),
    `    ${other.replace('return', 'exit')}`,
    '  esac',
    '  shift && "$@"',
    ')',
    'place() {',
    '  case $1 in',
    ...s3.map(
      ([name, { bucket, prefix }]) =>
        `    ${name}) echo ${shellQuote(`s3://${bucket}/${prefix.replace(/\/+$/, '')}`.replace(/\/$/, ''))} ;;`,
    ),
    `    ${other}`,
    '  esac',
    '}',
    `object() { place "$1" | sed "s#^s3://\\([^/]*\\)/*\\(.*\\)#--bucket \\1 --key \\2/$2#; s#--key /#--key #"; }`,
  ];
}

function settingsOf({ region, endpoint, accessKeyId, secretAccessKey }: S3Location, planFolder: string): string {
  const words = [
    `AWS_REGION=${shellQuote(region)}`,
    ...(endpoint ? [`AWS_ENDPOINT_URL_S3=${shellQuote(endpoint)}`] : []),
    ...(accessKeyId ? [`AWS_ACCESS_KEY_ID=${secretText(accessKeyId, planFolder)}`] : []),
    ...(secretAccessKey ? [`AWS_SECRET_ACCESS_KEY=${secretText(secretAccessKey, planFolder)}`] : []),
  ];
  return `export ${words.join(' ')}`;
}

function secretText(ref: SecretRef, planFolder: string): string {
  return 'env' in ref ? `"$${ref.env}"` : `"$(cat ${shellQuote(resolve(planFolder, ref.file))})"`;
}

function secretFile(ref: SecretRef, planFolder: string): string {
  return 'env' in ref
    ? `/dev/shm/${ref.env}   # put $${ref.env} there, mode 600`
    : shellQuote(resolve(planFolder, ref.file));
}
