/** Files as a component: the contract of all drivers. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Component } from '../../../domain/plan/component.ts';
import { describeTree } from '../points/nasty-tree.ts';
import { filesComponent } from '../points/world.ts';
import { describeDriver } from './conformance.ts';

describeDriver(
  'files',
  async (host) => {
    const tree = join(host.srv, 'app/data');
    let changes = 0;
    return {
      component: filesComponent('tree', ['/srv/app/data']) as Component,
      tool: 'tar',
      async fill() {
        await rm(tree, { recursive: true, force: true });
        await host.sh(
          'mkdir -p /srv/app/data/sub && cd /srv/app/data && for i in 1 2 3 4 5 6 7 8; do seq $i 2000 >f$i; done; ln f1 sub/hard; ln -s f2 link',
        );
      },
      async change() {
        changes += 1;
        await writeFile(join(tree, `new-${changes}`), `${changes}`);
        await rm(join(tree, 'f3'), { force: true });
      },
      read: async () => await describeTree(tree),
      into: {
        name: '/srv/elsewhere',
        read: () => describeTree(join(host.srv, 'elsewhere/srv/app/data')),
        of: (all) => all,
      },
      async breakProducer() {
        const folder = join(host.srv, 'sbin');
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, 'tar'), '#!/bin/bash\n/usr/bin/tar "$@" | head -c 4000\nexit 2\n', {
          mode: 0o755,
        });
        return () => rm(folder, { recursive: true });
      },
      async stop() {},
    };
  },
  ['unsteady'],
);
