/** The observer's answers over HTTP. Reads only, but for POST /lost-writes, which changes nothing either. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { Refusal, refusal } from '../domain/errors.ts';
import {
  type Acknowledged,
  acknowledgedWithin,
  curveOf,
  lostWritesOf,
  type Outages,
  outagesOf,
  overlaps,
  unobservedOf,
  type Write,
} from '../domain/observers/observer.ts';
import type { History } from './history.ts';
import { countLostWrites } from './lost-writes.ts';
import type { Memory } from './memory.ts';
import type { Resolve } from './resolve.ts';

export type ApiContext = { url: URL; canary?: URL; memory: Memory; history: History; resolve: Resolve; gapMs: number };

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const spanSchema = z.object({ from: time.optional(), to: time.optional() });
const curveQuery = spanSchema.extend({ bucket: z.coerce.number().int().positive().optional() });
const lostBody = spanSchema.extend({ present: z.array(z.string()).optional() });
const mostBuckets = 10_000;

/** GET /state, /outages, /curve, /acknowledged; POST /lost-writes. Shapes are in `domain/observers/observer.ts`. */
export function createApi(context: ApiContext): Server {
  return createServer((request, response) => {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    answer(context, request).then(
      (body) => (body === undefined ? send(404, { error: 'The observer has no such answer.' }) : send(200, body)),
      (error: Error) => {
        const bad = error instanceof z.ZodError || error instanceof SyntaxError;
        const type = error instanceof Refusal ? error.type : bad ? 'BadRequest' : 'Failed';
        const text = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
        send(bad || type === 'TooManyBuckets' || type === 'NoCanary' ? 400 : 502, { type, error: text });
      },
    );
  });
}

async function answer(context: ApiContext, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://observer');
  const query = Object.fromEntries(url.searchParams);
  const { memory, history, gapMs } = context;
  const now = Date.now();
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /state':
      return memory.state(context.url.href, now, gapMs);
    case 'GET /outages': {
      const span = spanSchema.parse(query);
      const probes = memory.probes();
      const outages = history.outages(outagesOf(probes, { now, gapMs })).filter((one) => overlaps(one, span));
      const unobserved = history.unobserved(unobservedOf(probes, { now, gapMs })).filter((one) => overlaps(one, span));
      const ms = outages.reduce((sum, one) => sum + one.ms, 0);
      return { outages, unobserved, ms, from: history.from() } satisfies Outages;
    }
    case 'GET /curve': {
      const {
        from = now - 60_000,
        to = now,
        bucket = Math.max(1000, Math.ceil((to - from) / 120)),
      } = curveQuery.parse(query);
      if ((to - from) / bucket > mostBuckets)
        throw refusal(
          'TooManyBuckets',
          `That would be more than ${mostBuckets} buckets.`,
          'a larger bucket, in milliseconds.',
        );
      return curveOf(memory.probes(), { from, to, bucketMs: bucket });
    }
    case 'GET /acknowledged': {
      const span = spanSchema.parse(query);
      const found = acknowledgedWithin(memory.writes(), span);
      const failed = memory
        .writes()
        .filter((write) => !write.ok && overlaps({ since: write.at, until: write.at }, span));
      return {
        count: found.length,
        unacknowledged: failed.length,
        ids: found.map(({ id }) => id),
      } satisfies Acknowledged;
    }
    case 'POST /lost-writes': {
      const { present, ...span } = lostBody.parse(await json(request));
      return lost(context, acknowledgedWithin(memory.writes(), span), present);
    }
  }
  return undefined;
}

async function lost({ canary, resolve }: ApiContext, acknowledged: Write[], present?: string[]) {
  if (present) {
    const there = new Set(present);
    return lostWritesOf(acknowledged, new Set(acknowledged.filter(({ id }) => !there.has(id)).map(({ id }) => id)));
  }
  if (!canary)
    throw refusal(
      'NoCanary',
      'This observer writes nothing, so nothing can be counted.',
      'start it with --canary URL.',
    );
  return countLostWrites(acknowledged, canary, resolve);
}
