/** The page for the safe: everything that is needed to restore by hand but the private key itself. Pure: facts in, text out. */

import { escaped } from '../html.ts';
import type { ByHandPlace } from './by-hand-place.ts';
import { layout } from './recovery-point.ts';

export interface KeyCard {
  readonly service: string;
  readonly title: string;
  readonly owner: string;
  readonly contacts: readonly string[];
  readonly printed: string;
  /** SHA-256 of the plan, hex. */
  readonly plan: string;
  readonly locations: readonly (ByHandPlace & { readonly name: string })[];
  /** Public keys of who signs: fingerprint and PEM. */
  readonly signers: readonly { readonly fingerprint: string; readonly pem: string }[];
  readonly recipients: readonly { readonly name: string; readonly sha256: string; readonly until: string }[];
  /** A private key that the person explicitly gave to be printed. */
  readonly privateKey?: string;
}

interface Section {
  readonly title: string;
  readonly text?: string;
  /** Printed as it is. */
  readonly lines: readonly string[];
}

export function cardText(card: KeyCard): string {
  const sections = sectionsOf(card).map(({ title, text, lines }) =>
    [title.toUpperCase(), ...(text ? [text] : []), '', ...lines.map((line) => `    ${line}`)].join('\n'),
  );
  return `${[headOf(card), ...sections].join('\n\n')}\n`;
}

/** One file without anything from elsewhere; prints on one or two pages. */
export function cardHtml(card: KeyCard): string {
  const sections = sectionsOf(card).map(
    ({ title, text, lines }) =>
      `<section><h2>${escaped(title)}</h2>${text ? `<p>${escaped(text)}</p>` : ''}<pre>${escaped(lines.join('\n'))}</pre></section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(`Key card of ${card.service}`)}</title>
<style>
body { font: 11pt/1.4 serif; max-width: 46em; margin: 2em auto; color: #000; background: #fff }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 12pt; margin: 1.2em 0 .2em }
pre { font: 9pt/1.35 monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: .3em 0; padding: .4em .6em; border: 1px solid #999 }
section { break-inside: avoid } @page { margin: 15mm }
</style></head><body>
<h1>${escaped(`Key card of ${card.service}`)}</h1>
<pre>${escaped(headOf(card))}</pre>
${sections.join('\n')}
</body></html>
`;
}

function headOf({ service, title, owner, contacts, printed, plan }: KeyCard): string {
  return [
    `KEY CARD of ${service} (${title})`,
    `Printed ${printed}, from the plan with SHA-256 ${plan}`,
    `Owner: ${owner}`,
    ...contacts.map((contact) => `Contact: ${contact}`),
  ].join('\n');
}

function sectionsOf(card: KeyCard): Section[] {
  const { service, locations, signers, recipients, privateKey } = card;
  const offline = recipients.find(({ name }) => name === 'offline');
  return [
    {
      title: 'Where recovery points lie',
      lines: locations.map(
        ({ name, url, facts }) => `${name}: ${url}/${layout.service(service)}${facts ? ` (${facts})` : ''}`,
      ),
    },
    {
      title: 'Who signs recovery points',
      text: 'Save one of these as signer.pub. A point that none of them signed is not to be used.',
      lines: signers.flatMap(({ fingerprint, pem }) => [
        `SHA-256 of the key (DER): ${fingerprint}`,
        ...pem.trim().split('\n'),
      ]),
    },
    {
      title: 'Who can open them',
      text: 'SHA-256 of the certificates. To compare: openssl x509 -in FILE.crt -noout -fingerprint -sha256',
      lines: recipients.map(({ name, sha256, until }) => `${name}  ${sha256}  until ${until}`),
    },
    {
      title: 'The offline key',
      text: `offline.key, the private key of ${offline?.sha256.slice(0, 16) ?? 'the offline recipient'} ..., is kept apart from this page at:`,
      lines: ['', '1. ______________________________________', '', '2. ______________________________________'],
    },
    ...(privateKey
      ? [
          {
            title: 'The private key',
            text: 'Asked for by who printed this. Who holds this page can read every recovery point.',
            lines: privateKey.trim().split('\n'),
          },
        ]
      : []),
    {
      title: 'To restore by hand',
      text: 'On a machine with bash, OpenSSL 3, zstd, tar, awk and the tool of the store. Nothing of Muster is needed. --target / puts files where they were; RESTORE.md beside restore.sh says more.',
      lines: byHand(card),
    },
  ];
}

/** Any of the locations will do; each is written out. `ID` stands for the recovery point. */
function byHand({ service, locations }: KeyCard): string[] {
  const point = layout.point(service, 'ID').replace(/\/$/, '');
  const verify = (options: string) => `bash ${point}/restore.sh${options} --signer signer.pub --verify-only`;
  const restore = (options: string) =>
    `bash ${point}/restore.sh${options} --signer signer.pub --key offline.key --target /tmp/restored`;
  return locations.flatMap(({ name, list, fetch, from }, index) => {
    const options = from === undefined ? ' --from .' : ` --from ${from}`;
    return [
      ...(index > 0 ? [''] : []),
      `# from ${name}; ID is the last that this shows:`,
      list(layout.points(service).replace(/\/$/, '')),
      fetch(point),
      ...(from === undefined ? [fetch(`${service}/archives`)] : []),
      `openssl pkeyutl -verify -pubin -inkey signer.pub -rawin -in ${point}/restore.sh -sigfile ${point}/restore.sh.sig`,
      verify(options),
      restore(options),
    ];
  });
}
