/**
 * Compares a plan with the world it speaks of: hosts by their tags, the zone and its records, storage, secrets, certificates.
 * Reads only; for `muster plan check --live` and for readiness.
 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Route53Client } from '@aws-sdk/client-route-53';
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { holderOf, isUnencrypted } from '../../domain/plan-storage.ts';
import type { SecretRef } from '../../domain/plan-values.ts';
import { describeRecord, leadsTo } from '../../domain/traffic.ts';
import { awsError } from '../aws/errors.ts';
import { findInstances } from '../compute/instances.ts';
import type { ObjectStore } from '../storage/store.ts';
import { primaryNow } from '../traffic/exchange-roles.ts';
import { switchProblems } from '../traffic/failover-records.ts';
import { readRecord } from '../traffic/record-sets.ts';
import { routedRecord } from '../traffic/routed-sets.ts';
import { switchedRecord } from '../traffic/switched-record.ts';
import { readShares } from '../traffic/weights.ts';
import { withLimit } from '../waiting.ts';
import { checkDatabase } from './check-databases.ts';
import { checkSecrets, type PlanFinding } from './check-secrets.ts';

export interface WorldClients {
  ec2(region: string): Promise<EC2Client>;
  rds(region: string): Promise<RDSClient>;
  route53(): Promise<Route53Client>;
  store(location: string): Promise<ObjectStore>;
  secret(ref: SecretRef): Promise<string>;
  /** Folder against which relative files of the plan are resolved. */
  readonly planFolder: string;
  now(): Date;
  /** ms for each question; default 5000. */
  readonly limit?: number;
}

/** A certificate that ends sooner than this is a finding: site keys are changed every 90 days. */
const soon = 30 * 86_400_000;

/** Something that the plan speaks of, and how the world is asked about it. */
export interface WorldQuestion {
  readonly what: string;
  /** What it is when plan and world agree. */
  readonly good: string;
  /** Resolves with what differs, within `limit`; what cannot be asked is a finding too. */
  ask(): Promise<PlanFinding[]>;
}

/** Every finding, in the order of the plan; empty when plan and world agree. Never rejects for what it finds. */
export async function checkPlanAgainstWorld(plan: Plan, clients: WorldClients): Promise<PlanFinding[]> {
  const questions = [...worldQuestions(plan, clients), ...storageQuestions(plan, clients)];
  const found = await Promise.all([
    ...questions.map(({ ask }) => ask()),
    checkSecrets(plan, (ref) => clients.secret(ref)),
  ]);
  return found.flat();
}

/** About hosts, names, databases, certificates and signers; secrets and storage are asked otherwise. */
export function worldQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  return [
    ...hostQuestions(plan, clients),
    ...trafficQuestions(plan, clients),
    ...databaseQuestions(plan, clients),
    ...certificateQuestions(plan, clients),
    ...signerQuestions(plan, clients),
  ];
}

function hostQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const groups = Object.entries(plan.sites).flatMap(([site, { region, hosts }]) =>
    Object.entries(hosts).flatMap(([group, selector]) =>
      'tags' in selector
        ? [
            {
              path: `sites.${site}.hosts.${group}`,
              what: `hosts ${group} of ${site}`,
              good: `${selector.count} by their tags`,
              region,
              selector,
            },
          ]
        : [],
    ),
  );
  return questions(groups, clients, async ({ path, region, selector }, signal) => {
    const client = await clients.ec2(region);
    const found = await findInstances(client, selector.tags, { signal }).catch((error: unknown) => {
      throw awsError(error, `EC2 of ${region} could not be asked`);
    });
    if (found.length === selector.count) return [];
    const tags = Object.entries(selector.tags)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ');
    const fact = `${found.length || 'No'} instances in ${region} have the tags ${tags}; the plan expects ${selector.count}.`;
    return [{ path, fact, hint: 'correct the tags or the count in the plan, or tag the instances.' }];
  });
}

function storageQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const locations = Object.entries(plan.storage).map(([name, location]) => ({
    path: `storage.${name}`,
    what: `storage location ${name}`,
    good: 'can be listed',
    name,
    location,
  }));
  return questions(locations, clients, async ({ path, name, location }) => {
    const store = await clients.store(name);
    try {
      for await (const _ of store.list(`${plan.service}/points/`)) break;
    } catch (error) {
      const fact = `${holderOf(location)} in ${location.region} cannot be listed: ${messageOf(error)}.`;
      return [{ path, fact, hint: 'create the bucket, or correct its name, region and credentials.' }];
    }
    if (!isUnencrypted(location)) return [];
    const fact = `${holderOf(location)} is reached over http://, which is not encrypted: whoever listens on the way can use the signed URLs and read names and sizes.`;
    return [{ path: `${path}.insecure`, fact, hint: 'give the server a certificate, and take `insecure` out.' }];
  });
}

function trafficQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const { zone } = plan.traffic;
  const records = plan.traffic.records.map((record, index) => ({
    path: `traffic.records[${index}]`,
    what: `name ${record.name}`,
    good: 'leads to a site of the plan',
    record,
  }));
  return questions(records, clients, async ({ path, record }, signal) => {
    try {
      if (record.via === 'switch') {
        const wrong = await switchProblems(await clients.route53(), switchedRecord(plan, record), { signal });
        const hint = `set it up while the primary serves: muster traffic prepare ${plan.service}.`;
        return wrong.map((fact) => ({ path: `${path}.switch`, fact, hint }));
      }
      if (record.weighted) {
        await readShares(await clients.route53(), routedRecord(zone, record, record.weighted), { signal });
        return [];
      }
      if (record.failover) {
        await primaryNow(await clients.route53(), routedRecord(zone, record, record.failover), { signal });
        return [];
      }
      const now = await readRecord(await clients.route53(), { zone, name: record.name, type: record.type }, { signal });
      if (Object.values(record.sites).some((target) => leadsTo(now, target))) return [];
      const fact = `${record.name} points at ${describeRecord(now)}, which is no site of the plan.`;
      return [{ path: `${path}.sites`, fact, hint: 'correct the targets, or point the name at a site.' }];
    } catch (error) {
      const isZone = error instanceof Refusal && error.type === 'ZoneNotFound';
      return [finding(isZone ? 'traffic.zone' : path, error)];
    }
  });
}

function databaseQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const databases = (plan.databases ?? []).map((database, index) => ({
    path: `databases[${index}]`,
    what: `database ${database.name}`,
    good: 'its replica follows',
    database,
  }));
  return questions(databases, clients, async ({ path, database }, signal) =>
    checkDatabase(plan, database, path, clients, signal),
  );
}

function certificateQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const files = [
    ...Object.entries(plan.sites).map(([name, site]) => ({
      path: `sites.${name}.certificate`,
      what: `certificate of site ${name}`,
      good: 'is valid',
      file: site.certificate.file,
    })),
    {
      path: 'offline.certificate',
      what: 'offline certificate',
      good: 'is valid',
      file: plan.offline.certificate.file,
    },
  ];
  return questions(files, clients, async ({ path, file }) => {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(await readFile(resolve(clients.planFolder, file)));
    } catch (error) {
      return [
        { path, fact: `${file} is no readable certificate: ${messageOf(error)}.`, hint: 'put the PEM file there.' },
      ];
    }
    const left = certificate.validToDate.getTime() - clients.now().getTime();
    if (left > soon) return [];
    const fact = `${file} ${left < 0 ? 'expired' : 'expires'} on ${certificate.validToDate.toISOString().slice(0, 10)}.`;
    return [{ path, fact, hint: 'make a new key and certificate for this recipient.' }];
  });
}

function signerQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
  const files = plan.signer.pinned.map(({ file }, index) => ({
    path: `signer.pinned[${index}]`,
    what: `pinned signer key ${file}`,
    good: 'is an Ed25519 key',
    file,
  }));
  return questions(files, clients, async ({ path, file }) => {
    const fact = await readFile(resolve(clients.planFolder, file)).then(
      (pem) => {
        try {
          const type = createPublicKey(pem).asymmetricKeyType;
          return type === 'ed25519' ? '' : `${file} is a key of type ${type}, not Ed25519.`;
        } catch (error) {
          return `${file} is no public key: ${messageOf(error)}.`;
        }
      },
      (error) => `${file} cannot be read: ${messageOf(error)}.`,
    );
    return fact ? [{ path, fact, hint: "put the signer's public key there, in PEM." }] : [];
  });
}

function questions<Thing extends Pick<WorldQuestion, 'what' | 'good'> & { readonly path: string }>(
  things: readonly Thing[],
  clients: WorldClients,
  look: (thing: Thing, signal: AbortSignal) => Promise<PlanFinding[]>,
): WorldQuestion[] {
  return things.map((thing) => ({
    what: thing.what,
    good: thing.good,
    ask: () =>
      withLimit(clients.limit ?? 5_000, undefined, (signal) => look(thing, signal)).catch((error) => [
        finding(thing.path, error),
      ]),
  }));
}

function finding(path: string, error: unknown): PlanFinding {
  if (error instanceof Refusal)
    return { path, fact: error.message.split(' Try: ')[0] ?? error.message, hint: error.hint };
  return {
    path,
    fact: `It could not be asked: ${messageOf(error).split(' Try: ')[0]}.`,
    hint: 'check the network and the service, and ask again.',
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
