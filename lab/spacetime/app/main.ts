/**
 * SpaceTime: the service that the lab loses and gets back. Runs on the app host as
 * `node server/main.ts` below its root (/opt/spacetime/production), which also holds .env and the files it needs.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { openDatabase } from './database.ts';
import { createStatus } from './status.ts';

const root = process.env.SPACETIME_ROOT ?? resolve(import.meta.dirname, '..');
process.loadEnvFile(join(root, '.env'));
const database = openDatabase(process.env);
const status = createStatus(root, database);
const port = Number(process.env.PORT ?? 8080);
const host = process.env.LISTEN_ADDRESS ?? '0.0.0.0';

type Answer = { status: number; body: unknown };

async function route(request: IncomingMessage): Promise<Answer> {
  const path = new URL(request.url ?? '/', 'http://spacetime').pathname;
  const player = /^\/players\/(\d{1,15})$/.exec(path)?.[1];
  switch (`${request.method} ${player ? '/players/:id' : path}`) {
    case 'GET /':
      return { status: 200, body: { service: 'spacetime', status: '/status' } };
    case 'GET /status': {
      const now = await status();
      return { status: now.overall_ready ? 200 : 503, body: now };
    }
    case 'GET /players/:id': {
      const found = await database.player(player as string);
      return found ? { status: 200, body: found } : { status: 404, body: { error: `There is no player ${player}.` } };
    }
    case 'GET /writes/count':
      return { status: 200, body: { count: await database.countWrites() } };
    case 'POST /writes': {
      const { id, at } = (await json(request)) as { id?: unknown; at?: unknown };
      if (typeof id !== 'string' || id.length > 200 || typeof at !== 'string' || Number.isNaN(Date.parse(at)))
        return { status: 400, body: { error: 'A write needs an id (text) and at (ISO time).' } };
      await database.write(id, at);
      return { status: 201, body: { id, at } };
    }
    case 'POST /writes/missing': {
      const { ids } = (await json(request)) as { ids?: unknown };
      if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string'))
        return { status: 400, body: { error: 'Give { "ids": ["…"] }.' } };
      return { status: 200, body: { missing: await database.missingWrites(ids) } };
    }
  }
  return { status: 404, body: { error: `There is nothing at ${request.method} ${path}.` } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer((request, response) => {
  route(request).then(
    (answer) => send(response, answer),
    (error: unknown) => {
      const malformed = error instanceof SyntaxError;
      console.error(`${request.method} ${request.url}: ${String(error)}`);
      send(response, { status: malformed ? 400 : 503, body: { error: malformed ? 'Not JSON.' : String(error) } });
    },
  );
});
server.listen(port, host, () => console.log(`spacetime serves on ${host}:${port}`));

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void database.end().finally(() => process.exit(0));
  });
