/** Are the certificates of sites and the pinned keys of the signer what they should be, and still good for a while? */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Plan } from '../../../domain/plan/plan.ts';
import { messageOf, questions, type WorldClients, type WorldQuestion } from './question.ts';

/** A certificate that ends sooner than this is a finding: site keys are changed every 90 days. */
const soon = 30 * 86_400_000;

export function certificateQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
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

export function signerQuestions(plan: Plan, clients: WorldClients): WorldQuestion[] {
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
