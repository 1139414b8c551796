/** Go tools of the lab, pinned as tool modules beside this file and built once into the cache. */
import { existsSync, renameSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../shell.ts';
import { cache, cached } from './cache.ts';

export type BuildOptions = { note: (line: string) => void; signal?: AbortSignal };

export const goTools = {
  temporal: { version: '1.8.2', pkg: 'github.com/temporalio/cli/cmd/temporal', minutes: 7 },
  versitygw: { version: '1.8.0', pkg: 'github.com/versity/versitygw/cmd/versitygw', minutes: 4 },
  'fake-gcs-server': { version: '1.56.1', pkg: 'github.com/fsouza/fake-gcs-server', minutes: 4 },
} as const;

export type GoTool = keyof typeof goTools;

/** Path of the tool: the right version on PATH (temporal), the cached build, or a build now (minutes, once). */
export async function goTool(name: GoTool, options: BuildOptions): Promise<string> {
  const path = goToolPath(name);
  if (existsSync(path)) return path;
  const onPath = name === 'temporal' ? await temporalOnPath() : undefined;
  return onPath ?? cached(path, () => build(name, path, options), options);
}

export function goToolPath(name: GoTool): string {
  return join(cache, `${name}-${goTools[name].version}`);
}

/** What is wrong with Go on this machine, if anything. */
export async function goTrouble(): Promise<string | undefined> {
  const answer = await run('go', ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } }).catch(() => undefined);
  if (!answer)
    return 'Go is missing. Try: install Go 1.26 or newer from https://go.dev/dl/ and put its bin directory on PATH';
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(answer) ?? [];
  if (Number(major) > 1 || Number(minor) >= 21) return undefined;
  return `${answer.trim()} is too old. Try: install Go 1.26 or newer from https://go.dev/dl/`;
}

async function build(name: GoTool, path: string, { note, signal }: BuildOptions): Promise<void> {
  const trouble = await goTrouble();
  if (trouble) throw new Error(`${name} cannot be built: ${trouble}.`);
  const { version, pkg, minutes } = goTools[name];
  note(`Building ${name} ${version}, once (up to ${minutes} minutes)`);
  const temporary = `${path}.${process.pid}`;
  await run('go', ['build', '-ldflags', '-s -w', '-o', temporary, pkg], {
    cwd: fileURLToPath(new URL(name, import.meta.url)),
    env: { CGO_ENABLED: '0' },
    signal,
  });
  renameSync(temporary, path);
}

async function temporalOnPath(): Promise<string | undefined> {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((dir) => join(dir, 'temporal'))
    .find((path) => existsSync(path));
  if (!found) return undefined;
  const version = await run(found, ['--version']).catch(() => '');
  return version.includes(goTools.temporal.version) ? found : undefined;
}
