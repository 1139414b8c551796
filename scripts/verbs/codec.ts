/** `muster codec`: keys of the payload encryption, and the server that lets the Temporal UI read what is encrypted. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { newKeyLine, openKeyRing } from '../../activities/temporal/key-ring.ts';
import { payloadCodec } from '../../activities/temporal/payload-codec.ts';
import { refusal } from '../../domain/errors.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type CodecServing, codecServer } from '../codec/server.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

interface ServeOptions {
  readonly listen: string;
  readonly origin?: string[];
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const loopback = /^(127(\.\d+){3}|::1|localhost)$/;

export const addCodec: AddVerb = (program, run) => {
  const codec = program
    .command('codec')
    .summary('encryption of what Temporal stores: keys, and a server for the UI')
    .description(
      'Payloads are encrypted where MUSTER_CODEC_KEYS_FILE names a file of keys (docs/temporal.md). The same file for workers and people.',
    )
    .addHelpText('after', examples('muster codec key 2026-11', 'muster codec serve --origin http://127.0.0.1:8233'));
  codec
    .command('key')
    .summary('print a new line for the file of keys')
    .description('Prints a fresh key as a line for the file which MUSTER_CODEC_KEYS_FILE names. Nothing is stored.')
    .argument('[id]', 'what the key is called; it stands readable beside every payload', today())
    .addHelpText('after', examples('(umask 027; muster codec key >> /etc/muster/codec.keys)'))
    .action(
      run(async (cli, [id = today()]) => {
        if (!/^[\w.-]{1,32}$/.test(id))
          throw refusal(
            'BadInput',
            `${id} is no id of a key.`,
            'letters, digits, dots, dashes and underscores, at most 32.',
          );
        const line = newKeyLine(id);
        if (cli.json) sayJson(cli.io, { id, line });
        else say(cli.io, line);
        return exitCodes.ok;
      }),
    );
  codec
    .command('serve')
    .summary('serve /encode and /decode for the Temporal UI')
    .description(
      'The UI (and `temporal --codec-endpoint`) shows and sends payloads through it. Runs until it is ended (Ctrl-C). Each person runs one on loopback, with the keys they have for this command anyway; elsewhere it wants a token and TLS.',
    )
    .option('--listen <address:port>', 'where', '127.0.0.1:8791')
    .option('--origin <url>', 'a UI that may ask, repeatable (else the UI that links point at)', collect)
    .option('--token-file <file>', 'ask for this bearer token')
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .addHelpText(
      'after',
      examples(
        'muster codec serve --origin http://127.0.0.1:8233',
        'muster codec serve --origin https://cloud.temporal.io',
        'temporal workflow show -w spacetime/recovery --codec-endpoint http://127.0.0.1:8791',
      ),
    )
    .action(
      run<ServeOptions>(async (cli, _, options) => {
        const { host, port, serving } = await servingOf(cli, options);
        const server = codecServer(serving, (line) => say(cli.io, line));
        server.listen({ host, port });
        await once(server, 'listening');
        const { port: taken } = server.address() as AddressInfo;
        const scheme = serving.tls ? 'https' : 'http';
        say(
          cli.io,
          `listening on ${scheme}://${host.includes(':') ? `[${host}]` : host}:${taken} for ${serving.origins.join(', ')}`,
        );
        const { signal } = cli.io;
        if (!signal?.aborted) await (signal ? once(signal, 'abort') : once(server, 'close'));
        server.closeAllConnections();
        server.close();
        return exitCodes.ok;
      }),
    );
};

/** @throws BadInput, CodecKeys */
async function servingOf(
  cli: Cli,
  options: ServeOptions,
): Promise<{ host: string; port: number; serving: CodecServing }> {
  const [, host, port] = options.listen.match(/^\[?([^\]]+?)\]?:(\d+)$/) ?? [];
  if (host === undefined || Number(port) > 65_535)
    throw refusal('BadInput', `${options.listen} is no address with a port.`, '--listen 127.0.0.1:8791');
  const { tokenFile, tlsCert, tlsKey } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw refusal('BadInput', 'A certificate and its key belong together.', 'give both --tls-cert and --tls-key.');
  if (!loopback.test(host) && !(tokenFile && tlsCert)) {
    throw refusal(
      'BadInput',
      `Whoever reaches ${host} could read every payload.`,
      '--token-file, --tls-cert and --tls-key, or listen on 127.0.0.1.',
    );
  }
  const ring = openKeyRing(cli.io.env);
  if (!ring.current())
    throw refusal('CodecKeys', 'There are no keys to serve.', 'name the file of keys in MUSTER_CODEC_KEYS_FILE.');
  const origins = (options.origin ?? [cli.ui().base]).map(originOf);
  const tls = tlsCert && tlsKey ? { cert: await pem(tlsCert), key: await pem(tlsKey) } : undefined;
  const token = tokenFile ? (await pem(tokenFile)).trim() : undefined;
  if (token === '') throw refusal('BadInput', `${tokenFile} is empty.`, 'openssl rand -hex 32 > FILE');
  const hosts = loopback.test(host) ? ['127.0.0.1', '::1', 'localhost', host] : await namesOf(host, tls?.cert);
  return { host, port: Number(port), serving: { codec: payloadCodec(ring), origins, hosts, token, tls } };
}

/** Off loopback the certificate says by which names the server may be asked. */
async function namesOf(host: string, cert = ''): Promise<string[]> {
  const { X509Certificate } = await import('node:crypto');
  const names = new X509Certificate(cert).subjectAltName ?? '';
  return [host, ...names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '').toLowerCase())];
}

function originOf(url: string): string {
  if (URL.canParse(url) && new URL(url).origin !== 'null') return new URL(url).origin;
  throw refusal('BadInput', `${url} is no origin.`, '--origin http://127.0.0.1:8233');
}

async function pem(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refusal('BadInput', `${file} cannot be read (${error.code}).`, 'check the path and who may read it.');
  });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
