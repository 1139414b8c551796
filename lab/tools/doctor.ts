/** `lab doctor`: what this machine lacks, and the command that helps. Changes nothing. */
import { existsSync } from 'node:fs';
import { type GoTool, goToolPath, goTools, goTrouble } from './go.ts';
import { installCommand, missingPackages } from './packages.ts';
import { platformTrouble } from './platform.ts';
import { hasPythonTool } from './python.ts';

/** Of the Go tools, those that the lab runs; the tests build the others when they need them. */
const labTools: GoTool[] = ['temporal', 'versitygw'];

export type Finding = { what: string; ok: boolean; hint?: string };

export async function examine(): Promise<Finding[]> {
  const platform = await platformTrouble();
  const missing = missingPackages();
  const unbuilt = labTools.filter((name) => !existsSync(goToolPath(name)));
  const go = unbuilt.length > 0 ? await goTrouble() : undefined;
  return [
    { what: 'Linux with root and namespaces', ok: !platform, hint: platform },
    { what: 'system packages', ok: missing.length === 0, hint: missing.length ? installCommand(missing) : undefined },
    { what: 'Go, to build what is not built yet', ok: !go, hint: go },
    ...labTools.map((name) => ({
      what: `${name} ${goTools[name].version}`,
      ok: !unbuilt.includes(name),
      hint: unbuilt.includes(name) ? 'npm run lab -- up builds it' : undefined,
    })),
    {
      what: 'moto',
      ok: hasPythonTool('moto'),
      hint: hasPythonTool('moto') ? undefined : 'npm run lab -- up installs it',
    },
  ];
}
