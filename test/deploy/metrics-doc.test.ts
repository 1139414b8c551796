import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { families } from '../../domain/metrics/families.ts';

test('docs/metrics.md has each metric once, with its labels', async () => {
  const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z_]+)`(?: \(([a-z_, ]+)\))? \| /gm)];
  const documented = rows.map(([, name, labels = '']) => [name, labels.split(', ').filter(Boolean)]);
  const known = Object.entries(families).map(([name, { labels }]) => [
    name,
    labels.filter((label: string) => label !== 'service'),
  ]);
  expect(documented.toSorted()).toEqual(known.toSorted());
});
