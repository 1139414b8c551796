/** The observer's options: what a person types, checked. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { durationSchema } from '../domain/duration.ts';
import type { Expectation } from './probe.ts';

export type ObserverOptions = {
  url: URL;
  /** `ADDRESS:PORT` of the name server to ask; the system's own when absent. */
  resolver?: string;
  honourTtl: boolean;
  intervalMs: number;
  timeoutMs: number;
  expect: Expectation[];
  canary?: URL;
  canaryIntervalMs: number;
  listen: { host: string; port: number };
  log: string;
  keepMs: number;
  keepOutagesMs: number;
};

export function readOptions(argv: readonly string[]): ObserverOptions {
  const command = new Command('observer')
    .description(
      'Asks a service through its own name, from outside, and remembers when it answered and when it did not.',
    )
    .requiredOption('--url <url>', "the service's health URL, by name", parseUrl)
    .option('--resolver <address:port>', "name server to ask; the system's own when absent")
    .option('--honour-ttl', 'keep an address for its TTL, as clients do; otherwise every request asks anew', false)
    .addOption(lasting('--interval <duration>', 'between two requests', '1s'))
    .addOption(lasting('--timeout <duration>', 'for name and answer together', '1s'))
    .option(
      '--expect <path=value>',
      'of the JSON body, such as overall_ready=true; may be repeated',
      parseExpectation,
      [],
    )
    .option('--canary <url>', 'POST { id, at } here and remember each acknowledgement', parseUrl)
    .addOption(lasting('--canary-interval <duration>', 'between two writes', '200ms'))
    .addOption(
      new Option('--listen <address:port>', 'where the observer answers')
        .argParser(parseAddress)
        .default(parseAddress('127.0.0.1:8390'), '127.0.0.1:8390'),
    )
    .option('--log <file>', 'append-only JSON lines; read back after a restart', 'observer.jsonl')
    .addOption(lasting('--keep <duration>', 'how long it remembers each request and write', '7d'))
    .addOption(lasting('--keep-outages <duration>', 'how long it remembers outages', '400d'))
    .parse([...argv], { from: 'user' });
  const { interval, timeout, canaryInterval, keep, keepOutages, ...rest } = command.opts();
  return {
    ...rest,
    intervalMs: interval,
    timeoutMs: timeout,
    canaryIntervalMs: canaryInterval,
    keepMs: keep,
    keepOutagesMs: keepOutages,
  } as ObserverOptions;
}

function lasting(flags: string, description: string, normally: string): Option {
  return new Option(flags, description).argParser(parseLength).default(parseLength(normally), normally);
}

/** `10.77.0.1:8390` */
function parseAddress(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Try: 127.0.0.1:8390');
  return { host: text.slice(0, colon), port };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('Try: http://service.example:8080/status');
}

function parseLength(text: string): number {
  const read = durationSchema.safeParse(text);
  if (read.success && read.data > 0) return read.data;
  throw new InvalidArgumentError('Try: 250ms, 1s or 2h');
}

function parseExpectation(text: string, all: Expectation[]): Expectation[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Try: overall_ready=true');
  return [...all, { path: text.slice(0, at), value: text.slice(at + 1) }];
}
