/** What every component driver must do. Run against real servers and stores; the test of each driver calls it. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { captureComponent } from '../../../activities/archives/capture-component.ts';
import { checkData } from '../../../activities/archives/check-data.ts';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

/** A server, or a tree, with data of its own. */
export interface DriverServer {
  readonly component: Component;
  /** The same with a check whose answer is never the same again; absent for what has no checks. */
  readonly unsteady?: Component;
  /** A tool that its scripts call again and again: where jobs are killed. */
  readonly tool: string;
  /** Writes the data; what there was is gone. */
  fill(): Promise<void>;
  /** Adds, changes and removes some. */
  change(): Promise<void>;
  /** All of the data as text. */
  read(): Promise<string>;
  /** Where else to, what is there then, and what of the data in place is to be there; absent where the driver cannot. */
  readonly into?: { readonly name: string; read(): Promise<string>; of(taken: string): string };
  /** Makes the producer fail after it has written something; the answer mends it. */
  breakProducer(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** @param without  what this kind of component does not have: no checks that could differ, no other place to go to */
export function describeDriver(
  name: string,
  makeServer: (host: TestHost) => Promise<DriverServer>,
  without: readonly ('unsteady' | 'into')[] = [],
): void {
  describe(`${name} keeps the contract of a component driver`, () => {
    let world: World;
    let host: TestHost;
    let server: DriverServer;
    let point: { id: string; sha256: string };
    let taken: string;
    let ids = 0;

    beforeAll(async () => {
      world = await makeWorld([]);
      host = await world.host('db');
      server = await makeServer(host);
      world.plan.components = [server.component];
      await server.fill();
      taken = await server.read();
      point = await backup();
    }, 120_000);
    afterAll(async () => {
      await server?.stop();
      await world?.end();
    });
    beforeEach(() => {
      world.plan.components = [server.component];
    });

    const newId = () => `20260202_0000${String(++ids).padStart(2, '0')}`;
    async function backup() {
      const made = await world.backup(host, newId());
      return { id: made.point, sha256: made.sha256 };
    }
    const inputOf = (parts: object = {}) => ({
      service: 'spacetime',
      point,
      component: server.component,
      host: host.host,
      site: 'west',
      locations: ['far', 'near'],
      ...parts,
    });
    const context = (parts: object) => world.context({ step: 'restore', ...parts }, host);
    const restore = async (run: string, parts: object = {}, generation = 1) =>
      await restoreComponent.run(inputOf(parts), await context({ run, generation }));
    const undo = async (run: string, parts: object = {}, generation = 1) =>
      await restoreComponent.undo?.(inputOf(parts), undefined, await context({ run, generation }));

    async function capture(run: string, component = server.component) {
      const wanted = { service: 'spacetime', point: newId(), locations: ['near'] };
      const prepare = await preparePoint.run(wanted, await context({}));
      const parts = { run, step: 'capture', outputs: { prepare } };
      const input = { service: 'spacetime', point: prepare.point, component, host: host.host, location: 'near' };
      return { id: prepare.point, ended: captureComponent.run(input as never, await context(parts)) };
    }

    /** A tool that is counted, and ends the job it runs in at its call `at`: before it, or after its work is done. */
    async function counting(tool: string, at = 0, when: 'before' | 'after' = 'before') {
      const folder = join(host.srv, 'sbin');
      await rm(join(host.srv, 'calls'), { force: true });
      await mkdir(folder, { recursive: true });
      const kill = 'exec pkill -KILL -s "$(ps -o sid= -p $$ | tr -d " ")"';
      const real = `"$(PATH=\${PATH/\\/usr\\/local\\/sbin:/} type -P ${tool})"`;
      const script = `#!/bin/bash
exec {lock}>>/srv/calls; flock $lock; echo >>/srv/calls; now=$(wc -l </srv/calls); exec {lock}>&-
if [ "$now" = ${at} ] && [ ${when} = before ]; then ${kill}; fi
if [ "$now" = ${at} ]; then ${real} "$@"; ${kill}; fi
exec ${real} "$@"
`;
      await writeFile(join(folder, tool), script, { mode: 0o755 });
    }
    async function uncounted() {
      await rm(join(host.srv, 'sbin'), { recursive: true, force: true });
      const calls = await readFile(join(host.srv, 'calls'), 'utf8').catch(() => '');
      return calls.split('\n').length - 1;
    }
    const startsOf = async (run: string, step: string) =>
      (await host.sh(`ls /var/lib/muster/jobs/${run}/${step}/1`)).trim().split('\n').length;

    it('gives back, in the same place, what was there when the point was taken', async () => {
      await server.change();
      expect(await server.read()).not.toBe(taken);
      expect((await restore(newRun())).outcome).toBe('restored');
      expect(await server.read()).toBe(taken);
      expect(await checkData.run(inputOf(), await context({ step: 'check' }))).toMatchObject({ noted: [] });
    });

    it('restores once: asked again it finds it done and changes nothing', async () => {
      const run = newRun();
      await server.change();
      await restore(run);
      const restored = await server.read();
      expect((await restore(run, {}, 2)).outcome).toBe('done already');
      expect(await server.read()).toBe(restored);
    });

    it('undoes a restore: what was there before is there again, also when it is asked for twice', async () => {
      const run = newRun();
      await server.change();
      const before = await server.read();
      await restore(run);
      expect(await server.read()).toBe(taken);
      await undo(run);
      expect(await server.read()).toBe(before);
      await undo(run, {}, 2);
      expect(await server.read()).toBe(before);
    });

    it('notices data that is not that of the point', async () => {
      await restore(newRun());
      await server.change();
      const checked = checkData.run(inputOf(), await context({ step: 'check' }));
      await expect(checked).rejects.toMatchObject({ type: 'DataDiffers' });
    });

    if (!without.includes('unsteady')) {
      it('refuses to switch in what does not answer the checks of the point', async () => {
        if (!server.unsteady) throw new Error('this server has nothing unsteady');
        const component = server.unsteady;
        world.plan.components = [component];
        await server.fill();
        const bad = await backup();
        await server.change();
        const before = await server.read();
        await expect(restore(newRun(), { component, point: bad })).rejects.toMatchObject({ type: 'DataDiffers' });
        expect(await server.read()).toBe(before);
      });
    }

    it('commits nothing of a producer that failed after some output', async () => {
      const mend = await server.breakProducer();
      const { id, ended } = await capture(newRun());
      await expect(ended).rejects.toThrow();
      await mend();
      const there: string[] = [];
      for await (const { key } of (world.stores.near as World['stores'][string]).list(layout.point('spacetime', id)))
        there.push(key);
      expect(there).toEqual([]);
    });

    it('goes on after a kill in the middle of a capture', async () => {
      await restore(newRun());
      await counting(server.tool);
      await (await capture(newRun())).ended;
      const calls = await uncounted();
      let hits = 0;
      for (const at of [Math.ceil(calls / 2), calls]) {
        const run = newRun();
        await counting(server.tool, at);
        await (await capture(run)).ended;
        await uncounted();
        hits += (await startsOf(run, 'capture')) - 1;
      }
      expect(hits).toBeGreaterThan(0);
      const after = await backup();
      await server.change();
      await restore(newRun(), { point: after });
      expect(await server.read()).toBe(taken);
    }, 120_000);

    it('goes on after a kill anywhere in a restore, and can still be undone', async () => {
      await server.change();
      const before = await server.read();
      await counting(server.tool);
      const whole = newRun();
      await restore(whole);
      const calls = await uncounted();
      await undo(whole);
      expect(await server.read()).toBe(before);
      // A script that waits asks more often on one day than on another, so that a late place may not be reached.
      let hits = 0;
      const places = [0.2, 0.4, 0.6, 0.8, 1].map((share) => Math.ceil(calls * share));
      for (const [index, at] of places.entries()) {
        const run = newRun();
        await counting(server.tool, at, index % 2 === 0 ? 'after' : 'before');
        await restore(run);
        await uncounted();
        hits += (await startsOf(run, 'restore')) - 1;
        expect(await server.read(), `killed at call ${at} of ${calls}`).toBe(taken);
        await undo(run);
        expect(await server.read(), `killed at call ${at} of ${calls}, undone`).toBe(before);
      }
      expect(hits).toBeGreaterThanOrEqual(3);
    }, 240_000);

    if (!without.includes('into')) {
      it('restores into another place, and leaves what is there untouched', async () => {
        if (!server.into) throw new Error('this server has no other place');
        const { name: into, read, of } = server.into;
        await server.change();
        const before = await server.read();
        const run = newRun();
        expect((await restore(run, { into })).outcome).toBe('restored');
        expect(await read()).toBe(of(taken));
        expect((await restore(run, { into }, 2)).outcome).toBe('done already');
        expect(await server.read()).toBe(before);
      });
    }
  });
}
