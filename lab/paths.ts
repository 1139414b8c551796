/** Every path of a lab directory, in one place. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this lab runs from. */
export const checkout = resolve(fileURLToPath(new URL('..', import.meta.url)));

export type LabPaths = ReturnType<typeof labPaths>;

export function labPaths(dir: string) {
  const root = resolve(dir);
  const at = (...parts: string[]) => join(root, ...parts);
  return {
    root,
    state: at('lab.json'),
    control: at('control.sock'),
    logs: at('logs'),
    log: (name: string) => at('logs', `${name}.log`),
    /** What the observer and the receiver of notices wrote down; like logs, they outlive the lab until the next `up`. */
    records: [at('observer.jsonl'), at('observer.jsonl.outages'), at('notices.jsonl')],
    keys: at('keys'),
    /** Private key with which the lab's operator (and Muster) logs in to hosts; `.pub` beside it. */
    sshKey: at('keys', 'ssh'),
    knownHosts: at('keys', 'known_hosts'),
    hostKey: (host: string) => at('keys', 'hosts', host),
    /** Mount points of the regions' network namespaces; visible inside the lab's mount namespace only. */
    namespaces: at('ns'),
    namespace: (region: string) => at('ns', region),
    etc: at('etc'),
    hosts: at('hosts'),
    host: (name: string) => at('hosts', name),
    stores: at('stores'),
    store: (region: string) => at('stores', region),
    temporal: at('temporal'),
    plans: at('plans'),
    reports: at('reports'),
    run: at('run'),
  };
}
