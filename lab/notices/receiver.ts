/**
 * Takes what Muster sends to people and to monitoring, and keeps it: one JSON line a message.
 *
 *   node lab/notices/receiver.ts --listen 10.77.0.1:9000 --log FILE
 *
 * `POST /<channel>` stores `{ at, channel, body }`; `GET /` answers everything so far.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { listen: { type: 'string' }, log: { type: 'string' } } });
if (!values.listen || !values.log) throw new Error('usage: receiver.ts --listen ADDRESS:PORT --log FILE');
const log = values.log;
const [host, port] = values.listen.split(':');

createServer(async (request, response) => {
  if (request.method === 'POST') {
    const body = await text(request);
    appendFileSync(log, `${JSON.stringify({ at: new Date().toISOString(), channel: request.url?.slice(1), body })}\n`);
    response.end('ok\n');
    return;
  }
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  response.setHeader('content-type', 'application/json');
  response.end(`[${lines.join(',')}]\n`);
}).listen(Number(port), host);
