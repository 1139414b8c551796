/**
 * Everything a recovery point needs, for tests: two real stores, keys, a plan, and hosts. A host is this machine with a
 * /srv and jobs of its own (bind-mounted in a mount namespace), so trees come back to where they were and the machine is not touched.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureComponent } from '../../../activities/archives/capture-component.ts';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import type { StepContext } from '../../../activities/context.ts';
import type { HostExecutor } from '../../../activities/hosts/executor.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { shellQuote } from '../../../activities/hosts/shell-quote.ts';
import { commitPoint } from '../../../activities/points/commit-point.ts';
import { copyPoint } from '../../../activities/points/copy-point.ts';
import { generateKeySet } from '../../../activities/points/keys.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import { loadPinned, type PinnedSigners } from '../../../activities/points/signer.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Host } from '../../../domain/host.ts';
import type { Component } from '../../../domain/plan/component.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext } from '../../support/step-context.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

export interface TestHost {
  readonly host: Host;
  readonly folder: string;
  /** What the host sees as /srv; commands in its `sbin` come before those of the machine. */
  readonly srv: string;
  executor(): HostExecutor;
  /** Runs a command line as on the host; answers stdout, throws with its stderr. */
  sh(command: string): Promise<string>;
}

export interface World {
  readonly folder: string;
  readonly keys: string;
  readonly plan: Plan;
  readonly near: S3Server;
  readonly far: S3Server;
  readonly stores: Record<string, ObjectStore>;
  signers(): Promise<PinnedSigners>;
  host(name: string): Promise<TestHost>;
  context(parts: Partial<StepContext>, ...hosts: TestHost[]): Promise<StepContext>;
  /** A whole backup: prepare, capture, commit, copy. */
  backup(
    source: TestHost,
    id?: string,
    kind?: 'full' | 'incremental',
  ): Promise<{ point: string; sha256: string; outputs: Record<string, unknown> }>;
  restore(
    point: { id: string; sha256: string },
    target: TestHost,
    parts?: Partial<StepContext>,
  ): Promise<Record<string, Awaited<ReturnType<typeof restoreComponent.run>>>>;
  end(): Promise<void>;
}

let count = 0;
const mine = `test-${process.pid}-${randomBytes(3).toString('hex')}`;
export const newRun = () => `${mine}-${++count}`;

export async function makeWorld(components: Component[]): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-world-'));
  const [near, far] = await Promise.all([startS3(['near']), startS3(['far'])]);
  const keys = join(folder, 'keys');
  await generateKeySet(keys, ['east', 'west']);
  const plan = await spacetimePlan();
  plan.components = components;
  const site = Object.values(plan.sites)[0] as Plan['sites'][string];
  const file = (name: string) => ({ file: join(keys, name) });
  plan.sites = {
    east: { ...site, role: 'primary', storage: 'near', certificate: file('east.crt'), key: file('east.key') },
    west: { ...site, role: 'standby', storage: 'far', certificate: file('west.crt'), key: file('west.key') },
  };
  plan.offline = { certificate: file('offline.crt') };
  plan.signer = { key: file('signer.key'), pinned: [file('signer.pub')] };
  const lock = { mode: 'GOVERNANCE', for: 60_000 } as const;
  plan.storage = { near: { ...near.location('near'), lock }, far: { ...far.location('far'), lock } };
  const stores: Record<string, ObjectStore> = { near: await near.open('near'), far: await far.open('far') };

  const context: World['context'] = (parts, ...hosts) =>
    stepContext({
      run: newRun(),
      plan,
      planFolder: folder,
      secret: async (ref) => ('file' in ref ? await readFile(ref.file, 'utf8') : String(process.env[ref.env])),
      store: async (name) => stores[name] as ObjectStore,
      host: async ({ name }) => (hosts.find(({ host }) => host.name === name) as TestHost).executor(),
      ...parts,
    });
  const service = plan.service;

  return {
    folder,
    keys,
    plan,
    near,
    far,
    stores,
    context,
    signers: () => loadPinned(plan, folder),
    host: (name) => makeHost(join(folder, name), name),
    async backup(source, id = '20260102_031500', kind = 'full') {
      const runId = newRun();
      const outputs: Record<string, unknown> = {};
      const at = (step: string) => context({ run: runId, step, outputs: { ...outputs } }, source);
      outputs.prepare = await preparePoint.run({ service, point: id, locations: ['near', 'far'] }, await at('prepare'));
      const captures = plan.components.map(async (component) => {
        const input = { service, point: id, component, host: source.host, location: 'near', kind };
        return [component.name, await captureComponent.run(input, await at(`capture-${component.name}`))] as const;
      });
      for (const [name, captured] of await Promise.all(captures)) outputs[`capture-${name}`] = captured;
      const committed = await commitPoint.run(
        { service, point: id, site: 'east', label: 'test', location: 'near' },
        await at('commit'),
      );
      outputs.commit = committed;
      outputs.copy = await copyPoint.run({ service, point: id, from: 'near', to: 'far' }, await at('copy'));
      return { point: committed.point, sha256: committed.manifestSha256, outputs };
    },
    async restore(point, target, parts = {}) {
      const answers: Record<string, Awaited<ReturnType<typeof restoreComponent.run>>> = {};
      const runId = parts.run ?? newRun();
      for (const component of plan.components) {
        const input = { service, point, component, host: target.host, site: 'west', locations: ['far', 'near'] };
        const step = `restore-${component.name}`;
        answers[component.name] = await restoreComponent.run(
          input,
          await context({ step, ...parts, run: runId }, target),
        );
      }
      return answers;
    },
    async end() {
      await Promise.all([near.stop(), far.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeHost(folder: string, name: string): Promise<TestHost> {
  const srv = join(folder, 'srv');
  const jobs = join(folder, 'jobs');
  await mkdir(srv, { recursive: true });
  await mkdir(jobs, { recursive: true });
  await chmod(srv, 0o755);
  await chmod(join(folder, '..'), 0o755);
  await chmod(folder, 0o755);
  const enter = join(folder, 'enter');
  await writeFile(
    enter,
    `#!/bin/sh\n[ -d /var/lib/muster ] || mkdir -p /var/lib/muster\nmount --bind '${jobs}' /var/lib/muster\nmount --rbind '${srv}' /srv\n[ ! -d /srv/sbin ] || mount --bind /srv/sbin /usr/local/sbin\nexec sh -c "$1"\n`,
    { mode: 0o755 },
  );
  const executor = () => hostExecutor(folder, localExecutor({ name }));
  return {
    srv,
    folder,
    executor,
    host: {
      name,
      group: name,
      site: 'east',
      region: 'us-east-1',
      address: '127.0.0.1',
      ssh: { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } },
    },
    async sh(command) {
      const { code, stdout, stderr } = await executor().exec(command, { inactivity: 120_000 });
      if (code !== 0) throw new Error(`${command}: ${stderr}`);
      return stdout.toString();
    },
  };
}

/** What runs on the host whose folder this is, however it is reached. */
export function hostExecutor(folder: string, inner: HostExecutor): HostExecutor {
  const wrap = (command: string) =>
    `exec unshare -m --propagation private ${join(folder, 'enter')} ${shellQuote(command)}`;
  const outside = (path: string) =>
    path.replace(/^\/var\/lib\/muster\//, `${join(folder, 'jobs')}/`).replace(/^\/srv\//, `${join(folder, 'srv')}/`);
  return {
    name: inner.name,
    exec: (command, options) => inner.exec(wrap(command), options),
    writeFile: (path, content, mode) => inner.writeFile(outside(path), content, mode),
    readFile: (path, offset) => inner.readFile(outside(path), offset),
    close: () => inner.close(),
  };
}

export function filesComponent(name: string, paths: string[], parts: Partial<Component> = {}): Component {
  return {
    name,
    driver: 'files',
    host: 'app',
    rank: 0,
    paths,
    exclude: [],
    permissions: [],
    afterRestore: [],
    expected: [],
    ...parts,
  } as Component;
}
