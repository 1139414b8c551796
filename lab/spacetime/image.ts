/** What every SpaceTime host has before anything is installed or restored: its account, and the database's name. */
import { readFileSync } from 'node:fs';
import type { Place } from '../layout.ts';
import { machines } from '../layout.ts';

export const databaseName = 'db.spacetime.internal';
const account = { name: 'spacetime-app', uid: 2077, gid: 2077, home: '/opt/spacetime' };

/** Line for /etc/hosts: in each place the name means that place's own database host, so a restored .env fits all. */
export function databaseLine(place: Place): string {
  const found = machines.find((host) => host.place === place && host.role === 'db');
  if (!found) throw new Error(`The lab has no database host in ${place}.`);
  return `${found.address} ${databaseName}\n`;
}

/** `/etc/passwd` and `/etc/group` of this machine with SpaceTime's account, as relative path to text. */
export function accountFiles(): Record<string, string> {
  const { name, uid, gid, home } = account;
  const lines = {
    'etc/passwd': `${name}:x:${uid}:${gid}:SpaceTime:${home}:/usr/sbin/nologin\n`,
    'etc/group': `${name}:x:${gid}:\n`,
  };
  return Object.fromEntries(
    Object.entries(lines).map(([path, line]) => {
      const others = readFileSync(`/${path}`, 'utf8')
        .split('\n')
        .filter((each) => each && !each.startsWith(`${name}:`));
      return [path, `${others.join('\n')}\n${line}`];
    }),
  );
}
