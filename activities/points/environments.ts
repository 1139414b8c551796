/** The keys of a plan and of the plan with each of its overlays, to see whether environments that are apart share any. */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { EnvironmentKeys } from '../../domain/points/key-findings.ts';
import { loadPlan } from '../plans/load-plan.ts';

/** Overlays that do not make a good plan alone are left out: they belong over another one. */
export async function environmentsOf(planFolder: string, service: string): Promise<EnvironmentKeys[]> {
  const overlays = await readdir(join(planFolder, 'overlays')).catch(() => []);
  const variants = [undefined, ...overlays.sort()].map(async (overlay): Promise<EnvironmentKeys[]> => {
    try {
      const { plan } = await loadPlan(planFolder, service, { overlays: overlay ? [overlay] : [] });
      return [
        {
          name: overlay ? `overlay ${overlay}` : 'the plan itself',
          places: placesOf(plan),
          keys: await keysOf(plan, planFolder),
        },
      ];
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  });
  return (await Promise.all(variants)).flat();
}

function placesOf(plan: Plan): string[] {
  return Object.values(plan.storage).map((location) =>
    JSON.stringify(location, ['driver', 'endpoint', 'bucket', 'container', 'account', 'path', 'prefix']),
  );
}

/** The offline key may be one for all: it lies in one safe. */
async function keysOf(plan: Plan, planFolder: string): Promise<EnvironmentKeys['keys']> {
  const sites = Object.entries(plan.sites).map(async ([name, { certificate }]) => ({
    what: `site ${name}`,
    id: await idOf(resolve(planFolder, certificate.file), (pem) => new X509Certificate(pem).publicKey),
  }));
  const signers = plan.signer.pinned.map(async ({ file }) => ({
    what: `signer ${file}`,
    id: await idOf(resolve(planFolder, file), createPublicKey),
  }));
  return await Promise.all([...sites, ...signers]);
}

/** The public key itself, however often it is certified; the file's name where it cannot be read here. */
async function idOf(file: string, read: (pem: Buffer) => ReturnType<typeof createPublicKey>): Promise<string> {
  try {
    const der = read(await readFile(file)).export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex');
  } catch {
    return `file ${file}`;
  }
}
