/**
 * Client of the front proxy's control API, for tests and `lab hang`.
 *
 *   const id = await setFault(control, { service: 'route53', kind: 'throttle', times: 3 });
 *   … the run under test …
 *   await clearFaults(control, { mustBeHit: true });
 *
 * `control` is what the proxy got as --control: a socket path, a port, or ADDRESS:PORT.
 */
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';
import { type Fault, type FaultRule, fault } from './fault-rules.ts';
import { listenTarget } from './listen.ts';

export type { Fault, FaultRule } from './fault-rules.ts';

/** Puts a fault in force and returns its id. */
export async function setFault(control: string, rule: FaultRule): Promise<string> {
  return fault.parse(await ask(control, 'POST', '/faults', rule)).id;
}

/** Takes out all faults (or one) and returns them with their hits; with `mustBeHit`, one that was never hit throws. */
export async function clearFaults(
  control: string,
  options: { id?: string; mustBeHit?: boolean } = {},
): Promise<Fault[]> {
  const path = options.id ? `/faults/${options.id}` : '/faults';
  const removed = z.array(fault).parse(await ask(control, 'DELETE', path));
  const missed = removed.filter((one) => one.hits === 0);
  if (options.mustBeHit && missed.length > 0)
    throw new Error(
      `Never hit: ${missed.map(describe).join('; ')}. Try: check service, region and action of the rule.`,
    );
  return removed;
}

/** How often a fault was hit so far, or all faults together. */
export async function hits(control: string, id?: string): Promise<number> {
  const all = z.array(fault).parse(await ask(control, 'GET', '/faults'));
  return all.filter((one) => id === undefined || one.id === id).reduce((sum, one) => sum + one.hits, 0);
}

/** Every call the proxy saw since it started, as `"<service> <region> <action>"` to count; dry runs of EC2 end in ` DryRun`. */
export async function calls(control: string): Promise<Record<string, number>> {
  return z.record(z.string(), z.number()).parse(await ask(control, 'GET', '/calls'));
}

function describe(one: Fault): string {
  return [one.kind, one.service, one.region, one.action].filter(Boolean).join(' ');
}

async function ask(control: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const reply = await new Promise<unknown>((resolve, reject) => {
    const outgoing = request({ ...listenTarget(control), method, path, agent: false }, async (incoming) => {
      try {
        const answer = await json(incoming);
        if (incoming.statusCode === 200) resolve(answer);
        else reject(new Error(`The proxy's control refused ${method} ${path}: ${JSON.stringify(answer)}`));
      } catch (error) {
        reject(error);
      }
    });
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
  return reply;
}
