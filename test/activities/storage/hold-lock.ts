/** Holds the lock of a key until it is killed, and writes down where that lock is. */
import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../../../activities/storage/file-lock.ts';

const [folder = '', key = '', ready = ''] = process.argv.slice(2);
const name = createHash('sha256').update(key).digest('hex').slice(0, 2);
const path = join(folder, name);
await withFileLock(path, async () => {
  await writeFile(`${ready}.new`, path);
  await rename(`${ready}.new`, ready);
  await new Promise((done) => setTimeout(done, 600_000));
});
