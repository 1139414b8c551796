/** How to run a command in the sealed network, from the machine or from inside the lab. */
import { existsSync, readlinkSync } from 'node:fs';
import type { Place } from './layout.ts';
import { labPaths } from './paths.ts';
import { isAlive, type LabState } from './state.ts';

/** Only the network is entered: files, users and processes stay the caller's own. */
export function commandInside(state: LabState, place: Place, command: string[]): [string, ...string[]] {
  const enter = (namespace: string): [string, ...string[]] => ['nsenter', `--net=${namespace}`, '--', ...command];
  const namespaces = labPaths(state.dir).namespace(place);
  if (isAlive(state.init)) {
    // The regions' namespaces are mounted inside the lab only: look through the root of its pid 1.
    const init = `/proc/${state.init?.pid}`;
    return enter(place === 'third' ? `${init}/ns/net` : `${init}/root${namespaces}`);
  }
  if (place !== 'third' && existsSync(namespaces)) return enter(namespaces);
  if (place === 'third' && readlinkSync('/proc/self/ns/net') === state.network) return command as [string, ...string[]];
  throw new Error(`The lab in ${state.dir} cannot be entered from here. Try: from the machine that runs it, as root.`);
}
