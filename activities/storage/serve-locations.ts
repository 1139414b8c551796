/** Which `local` locations this worker serves to hosts: those whose address is its own and whose folder is there. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import type { SecretRef } from '../../domain/plan/values.ts';
import { addressOf, type LocalLocation } from '../../domain/storage/local.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { assertThere } from './local.ts';
import { sweepIncoming } from './local-files.ts';
import { folderServer, type ServedFolder } from './serve.ts';

interface ServeOptions {
  readonly plans: { readonly folder: string; readonly overlays: readonly string[] };
  secret(ref: SecretRef): Promise<string>;
  /** What is served and what is not, for the worker's log. */
  say(text: string): void;
  /** ms until an address that is not here, or is taken, is tried again: another worker may hold it and end. Default 5 s. */
  readonly again?: number;
}

export interface Serving {
  close(): Promise<void>;
}

/** Starts what can be served now and goes on trying the rest. A plan or a secret that cannot be read is said, never thrown. */
export async function serveLocations(options: ServeOptions): Promise<Serving> {
  const listeners = await Promise.all(
    [...(await localLocations(options)).entries()].map((each) => keepServing(each, options)),
  );
  return {
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

type Named = readonly [name: string, location: LocalLocation];

/** By the address they are served at; plans of several services may share one folder. */
async function localLocations({ plans, say }: ServeOptions): Promise<Map<string, Named[]>> {
  const files = (await readdir(plans.folder).catch(() => [])).filter((file) => file.endsWith('.yaml'));
  const byAddress = new Map<string, Named[]>();
  for (const service of files.map((file) => file.slice(0, -'.yaml'.length))) {
    const loaded = await loadPlan(plans.folder, service, { overlays: [...plans.overlays] }).catch(
      (error: Error) => error,
    );
    if (loaded instanceof Error) {
      // A file that is no plan of a service has no locations.
      say(`storage of ${service} is not served: its plan cannot be read`);
      continue;
    }
    for (const [name, location] of Object.entries(loaded.plan.storage)) {
      if (location.driver !== 'local') continue;
      const { listen } = location.served;
      byAddress.set(listen, [...(byAddress.get(listen) ?? []), [name, location]]);
    }
  }
  return byAddress;
}

async function keepServing([address, locations]: [string, Named[]], options: ServeOptions): Promise<Serving> {
  let server: Server | undefined;
  let timer: NodeJS.Timeout | undefined;
  let said = '';
  let closed = false;
  const names = locations.map(([name]) => name).join(', ');
  async function attempt(): Promise<void> {
    try {
      const next = await serverFor(locations, options);
      const { host, port } = addressOf(address);
      next.listen(port, host);
      await once(next, 'listening');
      server = next;
      if (closed) await stop(next);
      else options.say(`serving ${names} at ${address}`);
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      if (why !== said) options.say(`${names} not served at ${address} by this worker: ${why}`);
      said = why;
      if (closed) return;
      timer = setTimeout(() => void attempt(), options.again ?? 5_000);
      timer.unref();
    }
  }
  await attempt();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      if (server) await stop(server);
    },
  };
}

async function serverFor(locations: readonly Named[], { secret, plans }: ServeOptions): Promise<Server> {
  const folders: ServedFolder[] = [];
  for (const [name, location] of locations) {
    await assertThere(name, location);
    await sweepIncoming(join(location.folder, location.prefix));
    folders.push({ name, location, secret: (await secret(location.served.secret)).trim() });
  }
  const served = locations.find(([, { served }]) => served.key)?.[1].served;
  if (!served?.key || !served.certificate) return folderServer(folders);
  const cert = await readFile(resolve(plans.folder, served.certificate.file), 'utf8');
  return folderServer(folders, { cert, key: await secret(served.key) });
}

async function stop(server: Server): Promise<void> {
  const gone = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await gone;
}
