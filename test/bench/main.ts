/** `npm run bench -- archives [--gb 2] [--files 100000] [--rounds 2] [--quick]`: measurements side by side, in one run, on this machine. */
import { parseArgs } from 'node:util';
import { ensureTools } from '../../lab/tools/ensure.ts';
import { ensurePackages } from '../../lab/tools/packages.ts';
import { archives } from './archives.ts';
import { memory } from './memory.ts';

const benches = { archives, memory } as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gb: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '2' },
    files: { type: 'string', default: '100000' },
    quick: { type: 'boolean', default: false },
  },
});
const bench = benches[positionals[0] as keyof typeof benches];
if (!bench) {
  console.error(
    `usage: npm run bench -- ${Object.keys(benches).join('|')} [--gb N] [--files N] [--rounds N] [--quick]`,
  );
  process.exit(64);
}
await ensurePackages({ note: console.log }, ['restic']);
await ensureTools({ note: console.log });
await bench({
  gb: Number(values.gb),
  files: Number(values.files),
  rounds: Number(values.rounds),
  quick: values.quick,
});
