/** A process of the lab as data: what runs where, and how one knows that it is ready. */
import { connect } from 'node:net';
import type { Place } from '../layout.ts';

export type Ready =
  /** Ready as soon as it was started. */
  | { started: true }
  | { tcp: { host: string; port: number } }
  /** Any HTTP answer below 500. */
  | { http: string }
  /** Ready once its log has this text (of its latest start). */
  | { says: string }
  | { check: () => Promise<boolean> };

export type ProcessSpec = {
  name: string;
  place: Place;
  command: string[];
  env?: Record<string, string>;
  cwd?: string;
  ready: Ready;
};

/** `said` is what the process wrote since its start. */
export async function isReady(ready: Ready, said: () => string): Promise<boolean> {
  if ('started' in ready) return true;
  if ('says' in ready) return said().includes(ready.says);
  if ('tcp' in ready) return accepts(ready.tcp.host, ready.tcp.port);
  if ('check' in ready) return ready.check().catch(() => false);
  return fetch(ready.http, { signal: AbortSignal.timeout(3000) }).then(
    (answer) => answer.status < 500,
    () => false,
  );
}

export function accepts(host: string, port: number, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}
