/**
 * The lab's authoritative name server: answers over UDP and TCP from what Route 53 holds at that moment.
 *
 *   node lab/dns/responder.ts --listen 10.77.0.1:53 --route53 http://10.77.0.1:5000 [--cache 50] [--sweep 500]
 *
 * `--cache` and `--sweep` are milliseconds. Prints one line when it serves; ends on SIGTERM.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { Route53Client } from '@aws-sdk/client-route-53';
import packet, { type Packet } from 'dns-packet';
import { answer } from './answer.ts';
import { createHealth } from './health.ts';
import { toMessage } from './wire.ts';
import { createSource, type Source } from './zones.ts';

type Answering = (query: Packet) => Promise<Packet>;
const largestDatagram = 512;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '127.0.0.1:5300' },
      route53: { type: 'string' },
      cache: { type: 'string', default: '50' },
      sweep: { type: 'string', default: '500' },
    },
  });
  if (!values.route53) throw new Error('The responder needs --route53 URL.');
  const credentials = { accessKeyId: 'lab', secretAccessKey: 'lab' };
  const client = new Route53Client({ region: 'us-east-1', endpoint: values.route53, credentials, maxAttempts: 1 });
  const source = createSource(client, Number(values.cache));

  const world = { zones: [], healthy: (id: string) => health.isHealthy(id), random: Math.random };
  const health = createHealth(
    (name) => answer({ ...world, zones: lastZones }, { name, type: 'A' }).answers.at(-1)?.value,
  );
  let lastZones: Awaited<ReturnType<Source['read']>>['zones'] = [];

  const respond: Answering = async (query) => {
    const [question] = query.questions ?? [];
    try {
      const { zones } = await source.read();
      return toMessage(query, question ? answer({ ...world, zones }, question) : { code: 'REFUSED', answers: [] });
    } catch (error) {
      console.error(`dns: ${question?.name} ${question?.type}: ${String(error)}`);
      return toMessage(query, { code: 'SERVFAIL', answers: [] });
    }
  };

  const colon = values.listen.lastIndexOf(':');
  const [host, port] = [values.listen.slice(0, colon), Number(values.listen.slice(colon + 1))];
  const udp = createSocket('udp4').on(
    'message',
    (bytes, from) => void overUdp(respond, bytes, (reply) => udp.send(reply, from.port, from.address)),
  );
  const tcp = createServer((socket) => void overTcp(respond, socket));
  udp.bind(port, host);
  tcp.listen(port, host);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  console.log(`dns serves on ${values.listen}`);

  const sweeping = setInterval(async () => {
    try {
      const { zones, checks } = await source.read();
      lastZones = zones;
      await health.sweep(checks);
    } catch (error) {
      console.error(`dns: health sweep: ${String(error)}`);
    }
  }, Number(values.sweep));
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  clearInterval(sweeping);
  process.exit(0);
}

async function overUdp(respond: Answering, bytes: Buffer, send: (reply: Buffer) => void): Promise<void> {
  const query = decoded(bytes);
  if (!query) return;
  const message = await respond(query);
  const reply = packet.encode(message);
  if (reply.length <= largestDatagram) return send(reply);
  const flags = (message.flags ?? 0) | packet.TRUNCATED_RESPONSE;
  send(packet.encode({ ...message, flags, answers: [], authorities: [] }));
}

async function overTcp(respond: Answering, socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(10_000, () => socket.destroy());
  let pending = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const query = decoded(pending.subarray(2, end));
      pending = pending.subarray(end);
      if (!query) return void socket.destroy();
      const reply = packet.encode(await respond(query));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    }
  }
}

/** Garbage from the network is dropped without an answer, as servers do. */
function decoded(bytes: Buffer): Packet | undefined {
  try {
    const query = packet.decode(bytes);
    return query.type === 'query' ? query : undefined;
  } catch {
    return undefined;
  }
}

if (import.meta.main) await main();
