/** What the verbs print: JSON with --json, else plain lines. */
import type { Command } from 'commander';
import type { RangeStatus } from '../range.ts';

export function print(program: Command, value: unknown, words: string): void {
  console.log(program.opts().json ? JSON.stringify(value, null, 2) : words);
}

export function printStatus(program: Command, status: RangeStatus): void {
  print(program, status, describe(status));
}

function describe(status: RangeStatus): string {
  const lines = status.regions.flatMap((region) => [
    `${region.name}  ${region.primary ? 'primary' : 'standby'}  ${region.state.toUpperCase()}`,
    ...status.hosts
      .filter((host) => host.region === region.name)
      .map((host) =>
        [`  ${host.name.padEnd(16)} ${host.address.padEnd(12)} ${host.power}`]
          .concat(host.instance ? [`(${host.instance.id} ${host.instance.state})`] : [], host.broken ? ['BROKEN'] : [])
          .join(' '),
      ),
    ...status.processes.filter((one) => one.place === region.name).map(processLine),
  ]);
  const rest = status.processes.filter((one) => one.place === 'third').map(processLine);
  return [...lines, 'third place', ...rest, ...(status.cut ? ['The sites are cut from each other.'] : [])].join('\n');
}

function processLine(one: RangeStatus['processes'][number]): string {
  return `  ${one.name.padEnd(16)} ${one.state}${one.exit ? ` (${one.exit})` : ''}`;
}
