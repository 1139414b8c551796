/**
 * The front door of the lab's AWS: routes every signed request to the server of its region, and injects faults.
 *
 *   node lab/aws/proxy.ts --listen 10.77.0.1:4566 --global http://10.77.0.1:5000 \
 *     --region us-east-1=http://10.77.1.2:5000 --region us-west-2=http://10.77.2.2:5000 \
 *     [--s3 us-east-1=http://10.77.1.2:7070] --control /run/proxy.sock
 *
 * Unmodified SDKs need only AWS_ENDPOINT_URL. Prints one line when it serves; ends on SIGTERM.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type AwsCall, readCall } from './call.ts';
import { carryImage } from './carry-image.ts';
import { createControl } from './control.ts';
import { errorAnswer, type Fault, matches } from './fault-rules.ts';
import { forward } from './forward.ts';
import { listenOn } from './listen.ts';

export type Routes = { global: URL; regions: Record<string, URL>; s3: Record<string, URL> };
export type ProxyState = { faults: Fault[]; calls: Map<string, number> };

const globalServices = new Set(['route53', 'iam', 'sts', 'cloudfront', 'organizations']);

/** The proxy as a server that is not listening yet; faults and call counts live in `state`. */
export function createProxy(routes: Routes, state: ProxyState): Server {
  const server = createServer((request, response) => {
    serve(routes, state, request, response).catch((error: unknown) => {
      console.error(`proxy: ${request.method} ${request.url?.split('?')[0]}: ${String(error)}`);
      request.socket.destroy();
    });
  });
  server.keepAliveTimeout = 120_000; // Longer than clients keep idle sockets, so that they never race a close.
  server.requestTimeout = 0;
  return server;
}

async function serve(routes: Routes, state: ProxyState, request: IncomingMessage, response: ServerResponse) {
  const streams = /\/s3\/aws4_request/.test(
    `${request.headers.authorization ?? ''}${decodeURIComponent(request.url ?? '')}`,
  );
  const body = streams ? undefined : await buffer(request);
  const call = readCall({ method: request.method ?? 'GET', url: request.url ?? '/', headers: request.headers, body });
  const target = call && route(routes, call);
  if (!call || !target) {
    response.writeHead(400, { 'content-type': 'text/plain' });
    response.end(`No region to send this to. Try: sign for one of ${Object.keys(routes.regions).join(', ')}.\n`);
    return;
  }
  // Dry runs change nothing, and are not counted as what they only ask for.
  const dry = body && /(^|&)DryRun=true(&|$)/.test(body.toString('latin1')) ? ' DryRun' : '';
  const name = `${call.service} ${call.region} ${call.action}${dry}`;
  state.calls.set(name, (state.calls.get(name) ?? 0) + 1);

  const applying = state.faults.filter((rule) => matches(rule, call));
  const slow = applying.filter((rule) => rule.kind === 'latency');
  const hit = applying.find((rule) => rule.kind !== 'latency');
  for (const rule of hit ? [...slow, hit] : slow) rule.hits += 1;
  for (const rule of slow) await delay(rule.ms ?? 100);

  switch (hit?.kind) {
    case 'throttle':
    case 'error500':
    case 'capacity': {
      const answer = errorAnswer(hit.kind, call);
      request.resume();
      response.writeHead(answer.status, {
        'content-type': answer.type,
        'content-length': Buffer.byteLength(answer.body),
      });
      response.end(answer.body);
      return;
    }
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'hang':
      request.resume(); // Never answered; the caller's own limit must end it.
      return;
    default: {
      const sent = body && call.action === 'CopyImage' ? await carryImage(routes.regions, call.region, body) : body;
      await forward({ target, request, response, body: sent }, hit?.kind === 'lost-answer' ? 'lose' : 'return');
    }
  }
}

function route(routes: Routes, call: AwsCall): URL | undefined {
  if (globalServices.has(call.service)) return routes.global;
  if (call.service === 's3') return routes.s3[call.region] ?? routes.regions[call.region];
  return routes.regions[call.region];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '127.0.0.1:4566' },
      global: { type: 'string' },
      region: { type: 'string', multiple: true, default: [] },
      s3: { type: 'string', multiple: true, default: [] },
      control: { type: 'string' },
    },
  });
  if (!values.global || !values.control || values.region.length === 0)
    throw new Error('The proxy needs --global URL, --region NAME=URL and --control PATH-OR-ADDRESS.');
  const routes = { global: new URL(values.global), regions: pairs(values.region), s3: pairs(values.s3) };
  const state: ProxyState = { faults: [], calls: new Map() };
  const proxy = createProxy(routes, state);
  const control = createControl(state);
  await Promise.all([listenOn(proxy, values.listen), listenOn(control, values.control)]);
  console.log(`proxy serves on ${values.listen}, control on ${values.control}`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  for (const server of [proxy, control]) server.closeAllConnections();
  for (const server of [proxy, control]) server.close();
}

function pairs(entries: string[]): Record<string, URL> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 1) throw new Error(`"${entry}" names no region. Try: us-east-1=http://127.0.0.1:5001`);
      return [entry.slice(0, at), new URL(entry.slice(at + 1))];
    }),
  );
}

if (import.meta.main) await main();
