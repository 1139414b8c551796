/**
 * Stands before moto's RDS and puts right what that says otherwise than RDS: a promoted replica goes on naming its source there,
 * every state is passed at once, and a promotion of what is no replica is accepted. Everything else is moto's own answer.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface RdsFront {
  readonly url: string;
  /** Actions in the order in which they came, without `DescribeDBInstances`: `PromoteReadReplica us-west-2 orders-west`. */
  readonly asked: string[];
  /** What an instance is said to be from now on, one state a look, the last one for good; empty: as moto has it. */
  say(region: string, instance: string, states: readonly string[]): void;
  /** Answers are lost from here on, the number of them given. */
  lose(action: string, times: number): void;
  /** As many requests of this action are throttled from here on. */
  throttle(action: string, times: number): void;
  /** As many requests of this action are refused with this code from here on. */
  refuse(action: string, code: string, times: number): void;
  /** Forgets what it was told and what was promoted. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startRdsFront(behind: string): Promise<RdsFront> {
  const front = new Front(behind);
  const server = createServer((request, response) => {
    front.serve(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: front.asked,
    say: (region, instance, states) => void front.states.set(`${region} ${instance}`, [...states]),
    lose: (action, times) => void front.lost.set(action, times),
    throttle: (action, times) => void front.throttled.set(action, times),
    refuse: (action, code, times) => void front.refused.set(action, { code, times }),
    reset: () => front.reset(),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Front {
  readonly asked: string[] = [];
  readonly states = new Map<string, string[]>();
  readonly lost = new Map<string, number>();
  readonly throttled = new Map<string, number>();
  readonly refused = new Map<string, { code: string; times: number }>();
  private readonly promoted = new Set<string>();

  private readonly behind: string;

  constructor(behind: string) {
    this.behind = behind;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const form = new URLSearchParams(body.toString('latin1'));
    const action = form.get('Action') ?? '';
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const instance = form.get('DBInstanceIdentifier') ?? '';
    const key = `${region} ${instance}`;
    if (this.takeOne(this.throttled, action)) {
      response.writeHead(400, { 'content-type': 'text/xml' }).end(sender('Throttling', 'Rate exceeded'));
      return;
    }
    if (action !== 'DescribeDBInstances') this.asked.push(`${action} ${key}`);
    const refused = this.refusalOf(action, key);
    if (refused) {
      response.writeHead(400, { 'content-type': 'text/xml' }).end(refused);
      return;
    }
    const { status, type, text } = await this.pass(request, body);
    if (status === 200) this.noted(action, key);
    if (this.takeOne(this.lost, action)) return void request.socket.destroy();
    const said = action === 'DescribeDBInstances' ? this.mended(text, region) : text;
    response.writeHead(status, { 'content-type': type }).end(said);
  }

  reset(): void {
    for (const kept of [this.states, this.lost, this.throttled, this.refused, this.promoted]) kept.clear();
    this.asked.length = 0;
  }

  private refusalOf(action: string, key: string): string | undefined {
    const told = this.refused.get(action);
    if (told && told.times > 0) {
      told.times -= 1;
      return sender(told.code, 'this test says so');
    }
    if (action !== 'PromoteReadReplica' || !this.promoted.has(key)) return undefined;
    return sender('InvalidDBInstanceState', 'DB Instance is not a read replica.');
  }

  private takeOne(counts: Map<string, number>, action: string): boolean {
    const left = counts.get(action) ?? 0;
    counts.set(action, Math.max(0, left - 1));
    return left > 0;
  }

  private noted(action: string, key: string): void {
    if (action === 'PromoteReadReplica') {
      this.promoted.add(key);
      this.states.set(key, ['available', 'modifying', 'rebooting', '']);
    }
    if (action === 'CreateDBInstanceReadReplica') {
      this.promoted.delete(key);
      this.states.set(key, ['creating', 'backing-up', '']);
    }
  }

  /** RDS lets go of the source when the instance restarts, not when the promotion is asked for. */
  private mended(text: string, region: string): string {
    return text.replace(/<DBInstance>[\s\S]*?<\/DBInstance>/g, (one) => {
      const key = `${region} ${/<DBInstanceIdentifier>(.*?)</.exec(one)?.[1]}`;
      const states = this.states.get(key) ?? [];
      const state = states.length > 1 ? states.shift() : states[0];
      const free = this.promoted.has(key) && (state === '' || state === 'rebooting' || state === undefined);
      const freed = free ? one.replace(/<ReadReplicaSourceDBInstanceIdentifier>.*?<\/\w+>/, '') : one;
      return state ? freed.replace(/(<DBInstanceStatus>).*?</, `$1${state}<`) : freed;
    });
  }

  private async pass(request: IncomingMessage, body: Buffer): Promise<{ status: number; type: string; text: string }> {
    const onward = openRequest(new URL(request.url ?? '/', this.behind), {
      method: request.method,
      headers: request.headers,
      agent: false,
    });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const text = (await buffer(answer)).toString('utf8');
    return { status: answer.statusCode ?? 502, type: answer.headers['content-type'] ?? 'text/xml', text };
  }
}

function sender(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>front</RequestId></ErrorResponse>`;
}
