/** `muster keys card`: the page for the safe. */
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { recipientsOf } from '../../../activities/points/recipients.ts';
import { loadPinned } from '../../../activities/points/signer.ts';
import { refusal } from '../../../domain/errors.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { byHandPlace } from '../../../domain/points/by-hand-place.ts';
import { cardHtml, cardText, type KeyCard } from '../../../domain/points/key-card.ts';
import { say, sayJson } from '../../cli/io.ts';
import { exitCodes } from '../../exit-codes.ts';
import { type AddVerb, examples } from '../verb.ts';

interface CardOptions {
  readonly format: string;
  readonly privateKey?: string;
}

export const addKeysCard: AddVerb = (keys, run) => {
  keys
    .command('card')
    .summary('the page for the safe: what a restore by hand needs')
    .description(
      'Prints locations, fingerprints, the public keys of signers, and the commands of a restore by hand. No private key is on it, unless its file is given.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--format <format>', 'text or html', 'text')
    .option('--private-key <file>', 'print this private key on the card too: who holds the card then reads everything')
    .addHelpText(
      'after',
      examples('muster keys card spacetime', 'muster keys card spacetime --format html > card.html'),
    )
    .action(
      run<CardOptions>(async (cli, [service = ''], options) => {
        if (!['text', 'html'].includes(options.format))
          throw refusal('BadInput', `There is no format ${options.format}.`, '--format text or --format html.');
        const { plan, sha256 } = await cli.plan(service);
        const privateKey = options.privateKey === undefined ? undefined : await readPrivateKey(options.privateKey);
        const card = { ...(await cardOf(plan, cli.planFolder, sha256)), ...(privateKey ? { privateKey } : {}) };
        if (cli.json) sayJson(cli.io, card);
        else say(cli.io, options.format === 'html' ? cardHtml(card) : cardText(card));
        return exitCodes.ok;
      }),
    );
};

async function cardOf(plan: Plan, planFolder: string, sha256: string): Promise<KeyCard> {
  const [recipients, signers] = await Promise.all([recipientsOf(plan, planFolder), loadPinned(plan, planFolder)]);
  const pems = await Promise.all(
    plan.signer.pinned.map(async ({ file }) =>
      createPublicKey(await readFile(resolve(planFolder, file)))
        .export({ type: 'spki', format: 'pem' })
        .toString(),
    ),
  );
  return {
    service: plan.service,
    title: plan.title,
    owner: plan.owner,
    contacts: plan.contacts.map(
      ({ role, email, phone, pagerduty }) => `${role}, ${[email, phone, pagerduty].filter(Boolean).join(', ')}`,
    ),
    printed: new Date().toISOString(),
    plan: sha256,
    locations: Object.entries(plan.storage).map(([name, location]) => ({ name, ...byHandPlace(location) })),
    signers: signers.fingerprints.map((fingerprint, index) => ({ fingerprint, pem: pems[index] ?? '' })),
    recipients: recipients.map(({ name, sha256, until }) => ({
      name,
      sha256,
      until: until.toISOString().slice(0, 10),
    })),
  };
}

async function readPrivateKey(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw refusal('KeyMissing', `${file} cannot be read.`, 'the file of the offline key.');
  });
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return text;
  throw refusal('KeyMissing', `${file} is no private key in PEM.`, 'the file of the offline key.');
}
