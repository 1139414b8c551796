/** A world of a tree of odd files and a database `shop` on a real PostgreSQL, on one host, with a first recovery point of both. */
import { join } from 'node:path';
import type { Component } from '../../../domain/plan/component.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { makeNastyTree } from './nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from './world.ts';

export interface ShopWorld {
  readonly world: World;
  readonly host: TestHost;
  readonly postgres: TestPostgres;
  readonly point: { readonly id: string; readonly sha256: string };
  end(): Promise<void>;
}

/** @param orders  SQL of the rows of table `orders`. @param tree  more of the component of files */
export async function openShop({
  orders = 'SELECT i FROM generate_series(1, 500) i',
  tree,
}: {
  orders?: string;
  tree?: object;
} = {}): Promise<ShopWorld> {
  const postgres = await startPostgres();
  let world: World | undefined;
  const end = async () => void (await Promise.all([world?.end(), postgres.stop()]));
  try {
    world = await makeWorld([
      filesComponent('tree', ['/srv/app/production'], tree as never),
      {
        ...{ name: 'database', driver: 'postgresql', host: 'app', rank: 1, database: 'shop', owner: 'postgres' },
        ...{ systemUser: 'postgres', port: postgres.port },
        checks: [{ name: 'orders', query: 'SELECT count(*) FROM orders' }],
      } as Component,
    ]);
    const host = await world.host('app');
    await makeNastyTree(join(host.srv, 'app/production'));
    await postgres.sql('postgres', 'CREATE DATABASE shop');
    await postgres.sql('shop', `CREATE TABLE orders AS ${orders}`);
    const made = await world.backup(host);
    return { world, host, postgres, point: { id: made.point, sha256: made.sha256 }, end };
  } catch (error) {
    await end();
    throw error;
  }
}
