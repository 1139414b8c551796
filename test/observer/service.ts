/** A service with a name to observe: a real HTTP server whose health and memory can be changed, and its name server. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import packet from 'dns-packet';

export async function startService() {
  const control = {
    ready: true as boolean | string,
    status: 200,
    silent: false,
    /** Ids kept; a write is acknowledged once it is here. */
    kept: new Set<string>(),
    inFlight: 0,
    mostInFlight: 0,
    requests: 0,
  };
  const server = createServer(async (request, response) => {
    if (request.url === '/status') {
      control.requests += 1;
      control.inFlight += 1;
      control.mostInFlight = Math.max(control.mostInFlight, control.inFlight);
      response.once('close', () => {
        control.inFlight -= 1;
      });
      if (control.silent) return;
      response
        .writeHead(control.status)
        .end(JSON.stringify({ overall_ready: control.ready, database: { ready: true } }));
      return;
    }
    const body = (await json(request)) as { id: string; ids: string[] };
    if (control.silent) return;
    if (control.ready !== true) return void response.writeHead(503).end();
    if (request.url === '/writes') {
      control.kept.add(body.id);
      response.writeHead(201).end(JSON.stringify(body));
    } else {
      response.writeHead(200).end(JSON.stringify({ missing: body.ids.filter((id) => !control.kept.has(id)) }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { control, port, stop };
}

/** Answers every A question with `state.address`, or NXDOMAIN when that is undefined. */
export async function startNames() {
  const state = { address: '127.0.0.1' as string | undefined, ttl: 60, questions: 0 };
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const { id, questions } = packet.decode(bytes);
    state.questions += 1;
    const answers = (questions ?? []).flatMap(({ name }) =>
      state.address ? [{ type: 'A' as const, name, ttl: state.ttl, data: state.address }] : [],
    );
    const flags = packet.AUTHORITATIVE_ANSWER | (answers.length > 0 ? 0 : 3);
    socket.send(packet.encode({ type: 'response', id, flags, questions, answers }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { state, server: `127.0.0.1:${socket.address().port}`, stop: () => socket.close() };
}
