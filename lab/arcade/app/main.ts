/** Arcade's service: /status is ready while each of its stores takes connections and the players' saves are there. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';

const { ARCADE_TITLE = '', ARCADE_SAVES = '', ARCADE_PORT = '', ARCADE_STORES = '{}' } = process.env;
const stores = Object.entries(JSON.parse(ARCADE_STORES) as Record<string, number>);

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}

createServer(async (_request, response) => {
  const found = await Promise.all(stores.map(async ([name, port]) => [name, await accepts(port)] as const));
  const saves = existsSync(ARCADE_SAVES);
  const ready = saves && ARCADE_TITLE !== '' && found.every(([, open]) => open);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ready, title: ARCADE_TITLE, saves, ...Object.fromEntries(found) }));
}).listen(Number(ARCADE_PORT));
