/** The units of Arcade, one a server. */
import { app, configuration, db, mariadb, ports, postgres, redis } from './layout.ts';

export type Unit = { name: string; host: string; text: string };

/** Where the service's program lies on its host. */
export const program = '/opt/arcade/main.ts';

export const databaseUnits: Unit[] = [
  {
    name: 'arcade-mariadb',
    host: db.name,
    text: unit(
      'mysql',
      `/usr/sbin/mariadbd --no-defaults --datadir=${mariadb.data} --tmpdir=/run/arcade-mariadb \
--socket=${mariadb.socket} --bind-address=127.0.0.1 --port=${ports.mariadb} --server-id=1 --log-bin=binlog --binlog-format=ROW --innodb-buffer-pool-size=32M`,
      'RuntimeDirectory=arcade-mariadb',
    ),
  },
  {
    name: 'arcade-redis',
    host: db.name,
    text: unit('redis', `/usr/bin/redis-server ${redis.config}`, 'RuntimeDirectory=arcade-redis'),
  },
  {
    name: 'arcade-postgresql',
    host: db.name,
    text: unit(
      'postgres',
      `/usr/lib/postgresql/15/bin/postgres -D ${postgres.data}`,
      'RuntimeDirectory=postgresql',
      'KillSignal=SIGINT',
    ),
  },
];

export const serviceUnit: Unit = {
  name: 'arcade',
  host: app.name,
  text: unit('games', `/usr/local/bin/node ${program}`, `EnvironmentFile=${configuration}`),
};

function unit(user: string, command: string, ...more: string[]): string {
  return `[Unit]
Description=Arcade

[Service]
Type=simple
User=${user}
${more.join('\n')}
ExecStart=${command}
TimeoutStopSec=20

[Install]
WantedBy=multi-user.target
`;
}
