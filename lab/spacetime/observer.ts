/** How the observer watches SpaceTime in the lab: through its name, at the lab's DNS, writing canaries. */

import { serviceName } from '../aws/seed-zones.ts';
import { ports, third } from '../layout.ts';

export const observerPort = 8390;
export const observerUrl = `http://${third}:${observerPort}`;

/** Arguments for `node observer/main.ts`; `log` is a path in the lab's directory. */
export function observerArguments(log: string): string[] {
  const service = `http://${serviceName}:8080`;
  return [
    ...['--url', `${service}/status`, '--expect', 'overall_ready=true', '--resolver', `${third}:${ports.dns}`],
    ...['--interval', '250ms', '--timeout', '1s', '--canary', `${service}/writes`, '--canary-interval', '200ms'],
    ...['--listen', `${third}:${observerPort}`, '--log', log],
  ];
}
