/** A bundle of evidence as one tar: its files, a list of their hashes, and the list's signature. */
import { packTar } from 'modern-tar';
import { type Signer, sha256Of } from '../points/signer.ts';
import type { Files } from '../reports/report-files.ts';

/** Names that the list can hold, and that no shell or file system takes for something else. */
export function fitsList(name: string): boolean {
  return /^[A-Za-z0-9._/-]+$/.test(name) && !`/${name}/`.includes('/../') && !`/${name}/`.includes('//');
}

/** @param folder  that everything lies in; @param at  time of every file, so that the same evidence is the same archive */
export async function bundle(files: Files, folder: string, at: Date, signer: Signer): Promise<Buffer> {
  const names = Object.keys(files).toSorted();
  const list = Buffer.from(names.map((name) => `${sha256Of(files[name] as Buffer)}  ${name}\n`).join(''));
  const all: Files = { ...files, 'CONTENTS.sha256': list, 'CONTENTS.sha256.sig': signer.sign(list) };
  const entries = Object.entries(all).map(([name, body]) => ({
    header: {
      name: `${folder}/${name}`,
      size: body.length,
      mtime: at,
      mode: name === 'verify.sh' ? 0o755 : 0o644,
    },
    body: new Uint8Array(body),
  }));
  return Buffer.from(await packTar(entries));
}
