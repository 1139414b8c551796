/** Whether every secret that a plan refers to can be read here. Says which are missing; never what they are. */

import { type Component, isReplica } from '../../domain/plan/component.ts';
import { secretsOfReceiver } from '../../domain/plan/notices.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { secretsOfLocation } from '../../domain/plan/storage.ts';
import type { SecretRef } from '../../domain/plan/values.ts';

export interface PlanFinding {
  /** Path in the plan: `sites.us-west-2.ssh.key`. */
  readonly path: string;
  readonly fact: string;
  readonly hint: string;
}

/** In: the plan and a way to read a secret. Out: one finding for each that cannot be read or is empty. */
export async function checkSecrets(plan: Plan, secret: (ref: SecretRef) => Promise<string>): Promise<PlanFinding[]> {
  const found = await Promise.all(
    secretsOf(plan).map(async ({ path, ref }): Promise<PlanFinding[]> => {
      const where = 'env' in ref ? `environment variable ${ref.env}` : `file ${ref.file}`;
      const hint =
        'env' in ref ? `set ${ref.env} for this process.` : `put the file there, readable for this user only.`;
      try {
        const value = await secret(ref);
        return value.trim() === '' ? [{ path, fact: `The ${where} is empty.`, hint }] : [];
      } catch {
        return [{ path, fact: `The ${where} cannot be read here.`, hint }];
      }
    }),
  );
  return found.flat();
}

interface Named {
  readonly path: string;
  readonly ref: SecretRef;
}

/** Every reference in a plan, with where it stands. */
function secretsOf(plan: Plan): Named[] {
  return [
    ...Object.entries(plan.sites).flatMap(([name, site]) => [
      { path: `sites.${name}.ssh.key`, ref: site.ssh.key },
      { path: `sites.${name}.ssh.knownHosts`, ref: site.ssh.knownHosts },
      { path: `sites.${name}.key`, ref: site.key },
      ...site.previousKeys.map((ref, index) => ({ path: `sites.${name}.previousKeys[${index}]`, ref })),
    ]),
    ...Object.entries(plan.storage).flatMap(([name, location]) =>
      secretsOfLocation(location).flatMap(([path, ref]) => optional(`storage.${name}.${path}`, ref)),
    ),
    { path: 'signer.key', ref: plan.signer.key },
    ...plan.components.flatMap((component, index) => secretsOfComponent(component, `components[${index}]`)),
    ...plan.notices.flatMap((receiver, index) =>
      secretsOfReceiver(receiver).map(([path, ref]) => ({ path: `notices[${index}].${path}`, ref })),
    ),
  ];
}

function secretsOfComponent(component: Component, path: string): Named[] {
  if (component.driver === 'postgresql') {
    const standby = isReplica(component) ? component.standby.password : undefined;
    return [
      ...optional(`${path}.ownerPassword`, component.ownerPassword),
      ...optional(`${path}.standby.password`, standby),
    ];
  }
  if (component.driver === 'mariadb' || component.driver === 'redis')
    return optional(`${path}.account.password`, component.account?.password);
  if (component.driver === 'postgresql-pitr') {
    const { cipherPass, repository } = component;
    const own = 'location' in repository ? repository : undefined;
    return [
      { path: `${path}.cipherPass`, ref: cipherPass },
      ...optional(`${path}.repository.accessKeyId`, own?.accessKeyId),
      ...optional(`${path}.repository.secretAccessKey`, own?.secretAccessKey),
    ];
  }
  return [];
}

function optional(path: string, ref: SecretRef | undefined): Named[] {
  return ref ? [{ path, ref }] : [];
}
