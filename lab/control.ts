/** The supervisor's HTTP API on `control.sock`: one POST a verb, GET /status. Errors come as `{ error }`. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';
import type { Range } from './range.ts';

const region = z.enum(['us-east-1', 'us-west-2']);

/** Input of every verb. */
const verbs = {
  kill: z.strictObject({ region }),
  heal: z.strictObject({ region }),
  hang: z.strictObject({ region }),
  cut: z.strictObject({ on: z.boolean().default(true) }),
  power: z.strictObject({ host: z.string(), state: z.enum(['off', 'on', 'reboot', 'broken', 'repair']) }),
  process: z.strictObject({ name: z.string(), act: z.enum(['start', 'stop', 'kill', 'freeze', 'thaw', 'restart']) }),
  keep: z.strictObject({}),
  reset: z.strictObject({ rewind: z.boolean().default(false) }),
} as const;

type Verb = keyof typeof verbs;

export function controlServer(range: Range): Server {
  return createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    handle(range, request).then(
      (body) => answer(200, body),
      (error: Error) => answer(400, { error: error.message }),
    );
  });
}

async function handle(range: Range, request: IncomingMessage): Promise<unknown> {
  const path = (request.url ?? '').slice(1);
  if (request.method === 'GET' && path === 'status') return range.status();
  if (request.method !== 'POST' || !(path in verbs)) throw new Error(`The lab knows no ${request.method} /${path}.`);
  await perform(range, path as Verb, await json(request));
  return range.status();
}

async function perform(range: Range, verb: Verb, body: unknown): Promise<void> {
  switch (verb) {
    case 'kill':
    case 'heal':
    case 'hang':
      return range[verb](verbs[verb].parse(body).region);
    case 'cut':
      return range.cut(verbs.cut.parse(body).on);
    case 'power': {
      const { host, state } = verbs.power.parse(body);
      return range.power(host, state);
    }
    case 'process':
      return act(range, verbs.process.parse(body));
    case 'keep':
      return range.keep();
    case 'reset':
      return range.reset(verbs.reset.parse(body));
  }
}

async function act({ processes }: Range, { name, act: what }: z.infer<typeof verbs.process>): Promise<void> {
  switch (what) {
    case 'start':
      return processes.start(name);
    case 'stop':
      return processes.stop(name, 'SIGTERM');
    case 'kill':
      return processes.stop(name);
    case 'freeze':
      return processes.freeze(name);
    case 'thaw':
      return processes.thaw(name);
    case 'restart':
      await processes.stop(name);
      return processes.start(name);
  }
}
