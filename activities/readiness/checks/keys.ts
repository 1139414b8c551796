/** Certificates and keys that recovery points are sealed and signed with: there, of one pair, and good for a while; the offline one no older than it may be. */
import { formatDuration } from '../../../domain/duration.ts';
import { endingSoon } from '../../../domain/readiness/expiry.ts';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { type RecipientSeen, seeRecipients, seeSigner } from '../../points/check-keys.ts';
import { loadPinned } from '../../points/signer.ts';
import type { Look, ReadinessCheck } from '../check.ts';

export const keys: ReadinessCheck = {
  id: 'keys',
  title: 'Keys and certificates of recovery points',
  mend: ({ context: { plan } }) => `muster keys check ${plan.service}`,
  async ask(look) {
    const { context } = look;
    const { plan, planFolder, secret } = context;
    const [recipients, signer] = await Promise.all([
      seeRecipients(plan, planFolder, secret),
      loadPinned(plan, planFolder).then((signers) => seeSigner(plan, signers, secret)),
    ]);
    const lacking = [...recipients.flatMap((seen) => lackingOf(seen, look)), ...signerLacking(signer.state, look)];
    return { lacking, seen: `${recipients.length} recipients; the signing key is ${signer.state}` };
  },
};

function lackingOf({ name, file, certificate, trouble, privateKey }: RecipientSeen, look: Look): Lacking[] {
  const { context, settings, now, to } = look;
  const { service, encryption } = context.plan;
  const mend = `muster keys rotate ${service}`;
  if (!certificate) return [lack('missing', `key-${name}`, trouble ?? `${file} cannot be read.`, 'put the file there')];
  const age = now.getTime() - certificate.since.getTime();
  const old = `the key of ${name} is ${formatDuration(age)} old, and due after ${formatDuration(encryption.rotateAfter)}`;
  return [
    ...endingSoon(
      [{ id: `key-${name}`, what: `the certificate of ${name} (${file})`, until: certificate.until, mend }],
      now,
      settings.certificates,
    ),
    ...(age > encryption.rotateAfter ? [lack('late', `key-age-${name}`, old, mend)] : []),
    ...(privateKey === 'another key'
      ? [lack('missing', `key-pair-${name}`, `the private key of ${name} here is not that of ${file}`, mend)]
      : []),
    ...(name === to && privateKey === 'not here'
      ? [lack('unknown', `key-pair-${name}`, `the private key of ${name} is not here`, `muster keys check ${service}`)]
      : []),
  ];
}

function signerLacking(state: 'pinned' | 'unpinned' | 'not here', { context }: Look): Lacking[] {
  const mend = `muster keys check ${context.plan.service}`;
  if (state === 'unpinned')
    return [lack('missing', 'signer', 'what the signing key here signs nobody believes: it is not pinned', mend)];
  if (state === 'not here') return [lack('unknown', 'signer', 'the signing key is not here', mend)];
  return [];
}
