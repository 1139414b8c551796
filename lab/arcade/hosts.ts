/** Arcade's servers on the primary region's hosts: installed with rows, keys and files in them, and removed again. */
import { readFileSync } from 'node:fs';
import type { Lab } from '../client.ts';
import { app, catalogue, configuration, db, mariadb, ports, postgres, redis, saves } from './layout.ts';
import { databaseUnits, program, serviceUnit, type Unit } from './units.ts';

/** Runs a bash script as root on a host; its output, or an error with what it said. */
export async function onHost(lab: Lab, host: string, script: string, input?: string): Promise<string> {
  const quoted = `exec bash --norc -euo pipefail -c '${script.replaceAll("'", `'\\''`)}'`;
  const { code, stdout, stderr } = await lab.ssh(host, quoted, { input });
  if (code !== 0) throw new Error(`${host}: a script for Arcade ended with ${code}: ${stderr.trim().slice(-800)}`);
  return stdout.trim();
}

export async function installDatabases(lab: Lab): Promise<void> {
  await putUnits(lab, databaseUnits);
  const redisConf = `port ${ports.redis}\nbind 127.0.0.1\nunixsocket ${redis.socket}\ndir ${redis.data}\nappendonly yes\nsave ""\n`;
  await onHost(
    lab,
    db.name,
    `install -d -m 755 /var/lib/arcade /etc/arcade
    install -d -m 750 -o mysql -g mysql ${mariadb.data}
    install -d -m 750 -o redis -g redis ${redis.data}
    install -d -m 750 -o postgres -g postgres ${postgres.archive}
    cat >${redis.config}; chown redis ${redis.config}; chmod 600 ${redis.config}
    mariadb-install-db --no-defaults --user=mysql --datadir=${mariadb.data} --tmpdir=${mariadb.data} --skip-test-db >/dev/null 2>&1 & maria=$!
    cd / && runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -D ${postgres.data} --no-sync --no-instructions \\
      --locale=C.UTF-8 --encoding=UTF8 --auth-local=peer --auth-host=scram-sha-256 >/dev/null
    wait $maria
    cat >>${postgres.data}/postgresql.conf <<CONF
port = ${ports.postgres}
listen_addresses = '127.0.0.1'
unix_socket_directories = '/run/postgresql'
shared_buffers = '32MB'
timezone = 'UTC'
CONF
    systemctl start ${names(databaseUnits)}
    for try in {1..200}; do
      mariadb --no-defaults -S ${mariadb.socket} -e 'SELECT 1' >/dev/null 2>&1 && redis-cli -s ${redis.socket} ping >/dev/null &&
        runuser -u postgres -- psql -p ${ports.postgres} -Xc 'SELECT 1' >/dev/null 2>&1 && exit
      sleep 0.1
    done; echo 'not all databases answer' >&2; exit 1`,
    redisConf,
  );
}

/** Archiving as `muster archiving` says it, with the secret put where it belongs; the file goes in by stdin. */
export async function startArchiving(lab: Lab, setup: Archiving, secret: string): Promise<void> {
  const [makeFile = '', ...rest] = setup.commands;
  const settings = `cat >>${postgres.data}/postgresql.conf <<'CONF'\n${setup.settings.join('\n')}\nCONF`;
  const script = `${makeFile}\ncat >/etc/pgbackrest/pgbackrest.conf\n${settings}\ncd /\n${rest.map((each) => `{ ${each}; } >&2`).join('\n')}`;
  await onHost(lab, db.name, script, setup.config.replace('SECRET-1', secret));
}

/** `muster archiving --json`, of one component. */
export type Archiving = { config: string; settings: string[]; commands: string[] };

export async function seedDatabases(lab: Lab): Promise<void> {
  await Promise.all([
    onHost(lab, db.name, `mariadb --no-defaults -S ${mariadb.socket}`, accountsSql),
    onHost(lab, db.name, `redis-cli -s ${redis.socket} >/dev/null`, leaderboardCommands()),
    onHost(lab, db.name, psql(`-p ${ports.postgres}`), ledgerSql),
    onHost(lab, db.name, psql(''), catalogueSql),
  ]);
}

export async function installService(lab: Lab): Promise<void> {
  await putUnits(lab, [serviceUnit]);
  const stores = { accounts: ports.mariadb, leaderboard: ports.redis, ledger: ports.postgres };
  const environment = `ARCADE_TITLE="Arcade, season 7"\nARCADE_PORT=${ports.http}\nARCADE_SAVES=${saves}\nARCADE_STORES='${JSON.stringify(stores)}'\n`;
  await onHost(lab, app.name, `install -D -m 644 /dev/stdin ${program}`, ours('app/main.ts'));
  await onHost(lab, app.name, `install -D -m 640 -g games /dev/stdin ${configuration}`, environment);
  await onHost(
    lab,
    app.name,
    `install -d -m 755 -o games -g games ${saves}
    for player in {1..60}; do
      install -d -m 700 -o games -g games ${saves}/$player
      for slot in 1 2 3; do head -c $((player * 700 + slot)) < <(yes "player $player, slot $slot") >${saves}/$player/slot-$slot.sav; done
      ln -s slot-3.sav ${saves}/$player/latest
    done
    chown -hR games:games ${saves}
    systemctl start arcade
    for try in {1..100}; do curl -sf -m 3 http://127.0.0.1:${ports.http}/status | grep -q '"ready":true' && exit; sleep 0.1; done
    echo 'Arcade did not become ready:' >&2; curl -s -m 3 http://127.0.0.1:${ports.http}/status >&2; exit 1`,
  );
}

/** Whatever of it is there; what restores kept beside it too. */
export async function removeFromHosts(lab: Lab): Promise<void> {
  const remove = (units: Unit[], what: string) => `for unit in ${names(units)}; do
      if [ -e /etc/systemd/system/$unit.service ]; then systemctl stop $unit; fi
      rm -f /etc/systemd/system/$unit.service /etc/systemd/system/multi-user.target.wants/$unit.service /var/log/$unit.log
    done
    ${what}`;
  await onHost(lab, app.name, remove([serviceUnit], 'rm -rf /opt/arcade /srv/arcade* /etc/arcade*'));
  await onHost(
    lab,
    db.name,
    `${remove(databaseUnits, `rm -rf /var/lib/arcade /etc/arcade /etc/pgbackrest/pgbackrest.conf ${postgres.data}*`)}
    ${psql('')} <<'SQL'
SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname LIKE '${catalogue.database}%' \\gexec
DROP ROLE IF EXISTS ${catalogue.owner};
SQL`,
  );
}

async function putUnits(lab: Lab, units: Unit[]): Promise<void> {
  for (const { name, host, text } of units) {
    await onHost(lab, host, `cat >/etc/systemd/system/${name}.service; systemctl enable ${name}`, text);
  }
}

function names(units: Unit[]): string {
  return units.map(({ name }) => name).join(' ');
}

function psql(options: string): string {
  return `cd / && runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1 ${options}`;
}

function ours(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

const accountsSql = `CREATE DATABASE ${mariadb.database};
USE ${mariadb.database};
CREATE TABLE players (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL, joined DATETIME(6) NOT NULL, coins INT NOT NULL);
CREATE TABLE purchases (id INT PRIMARY KEY AUTO_INCREMENT, player INT NOT NULL, item VARCHAR(40), cents INT,
  FOREIGN KEY (player) REFERENCES players (id));
CREATE TABLE badges (name VARCHAR(40) PRIMARY KEY, needs INT);
INSERT INTO badges SELECT CONCAT('badge ', seq), seq * 100 FROM seq_1_to_50;
INSERT INTO players (name, joined, coins) SELECT CONCAT('Spieler ', seq, ' ü'), '2025-01-01' + INTERVAL seq MINUTE, seq * 7 FROM seq_1_to_2000;
INSERT INTO purchases (player, item, cents) SELECT 1 + seq MOD 2000, MD5(seq), seq MOD 999 FROM seq_1_to_5000;
`;

const ledgerSql = `CREATE DATABASE ${postgres.database};
\\connect ${postgres.database}
CREATE TABLE entries (id bigserial PRIMARY KEY, account int NOT NULL, cents bigint NOT NULL, booked timestamptz NOT NULL);
INSERT INTO entries (account, cents, booked)
  SELECT n % 97, n * 13, '2025-01-01Z'::timestamptz + n * interval '1 minute' FROM generate_series(1, 5000) n;
`;

const catalogueSql = `CREATE ROLE ${catalogue.owner} LOGIN;
CREATE DATABASE ${catalogue.database} OWNER ${catalogue.owner};
\\connect ${catalogue.database}
SET ROLE ${catalogue.owner};
CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL, tags text[]);
INSERT INTO items SELECT n, 'item ' || n, ARRAY[md5(n::text), 'season 7'] FROM generate_series(1, 3000) n;
`;

function leaderboardCommands(): string {
  const players = Array.from({ length: 500 }, (_, n) => n + 1);
  return [
    ...players.map((n) => `ZADD scores ${n * 31} player:${n}`),
    ...players.slice(0, 100).map((n) => `HSET player:${n} name "Spieler ${n}" level ${n % 50}`),
    'RPUSH seasons one two three "season 4"',
    'SET motd "welcome back"',
    '',
  ].join('\n');
}
