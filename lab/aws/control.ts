/** The proxy's control API: put faults in, take them out, read how often each was hit and what was called. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Fault, faultRule } from './fault-rules.ts';

/**
 * POST /faults {rule} -> the fault with its id; GET /faults -> all with hits; DELETE /faults[/id] -> those removed;
 * GET /calls -> `{ "<service> <region> <action>": count }`. State is the proxy's own and is changed in place.
 */
export function createControl(state: { faults: Fault[]; calls: Map<string, number> }): Server {
  return createServer((request, response) => {
    answer(state, request).then(
      (body) => send(response, body === undefined ? 404 : 200, body ?? { error: 'No such thing here.' }),
      (error: unknown) => send(response, 400, { error: String(error) }),
    );
  });
}

async function answer(state: { faults: Fault[]; calls: Map<string, number> }, request: IncomingMessage) {
  const [, collection, id] = (request.url ?? '').split('/');
  if (request.method === 'GET' && collection === 'calls') return Object.fromEntries(state.calls);
  if (collection !== 'faults') return undefined;
  switch (request.method) {
    case 'GET':
      return state.faults;
    case 'POST': {
      const added: Fault = { ...faultRule.parse(await json(request)), id: randomUUID(), hits: 0 };
      state.faults.push(added);
      return added;
    }
    case 'DELETE': {
      const removed = state.faults.filter((fault) => id === undefined || fault.id === id);
      state.faults = state.faults.filter((fault) => !removed.includes(fault));
      return removed;
    }
  }
  return undefined;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
