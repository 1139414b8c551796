/** Stores of two other clouds in the third place: Azurite as Azure, fake-gcs-server as Google. They run only while Arcade is there. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { third } from '../layout.ts';
import { checkout, type LabPaths } from '../paths.ts';
import type { ProcessSpec } from '../processes/spec.ts';
import { goToolPath } from '../tools/go.ts';

export const azure = {
  process: 'azure',
  account: 'devstoreaccount1',
  /** The key that Azurite documents; it opens nothing else. */
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  container: 'recovery-points',
  endpoint: `http://${third}:10000/devstoreaccount1`,
};
export const google = { process: 'google', bucket: 'recovery-points', endpoint: `http://${third}:4443` };

/** The folders where they keep what they are given. */
export function storeFolders(paths: LabPaths): string[] {
  return [azure, google].map(({ process: name }) => paths.store(name));
}

export function arcadeStores(paths: LabPaths): ProcessSpec[] {
  return [azurite(paths), fakeGcs(paths)];
}

function azurite(paths: LabPaths): ProcessSpec {
  const program = join(checkout, 'node_modules/azurite/dist/src/blob/main.js');
  const { hostname, port } = new URL(azure.endpoint);
  return {
    name: azure.process,
    place: 'third',
    command: [
      ...[process.execPath, program, '--blobHost', hostname, '--blobPort', port],
      ...['--location', folder(paths, azure.process), '--silent', '--skipApiVersionCheck', '--disableTelemetry'],
    ],
    ready: { http: azure.endpoint },
  };
}

function fakeGcs(paths: LabPaths): ProcessSpec {
  const { hostname, port, host, origin } = new URL(google.endpoint);
  return {
    name: google.process,
    place: 'third',
    command: [
      ...[goToolPath('fake-gcs-server'), '-scheme', 'http', '-host', hostname, '-port', port, '-public-host', host],
      ...['-external-url', origin, '-backend', 'filesystem', '-filesystem-root', folder(paths, google.process)],
      ...['-log-level', 'error'],
    ],
    ready: { http: `${google.endpoint}/storage/v1/b?project=lab` },
  };
}

function folder(paths: LabPaths, name: string): string {
  const path = paths.store(name);
  mkdirSync(path, { recursive: true });
  return path;
}
