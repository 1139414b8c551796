import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { exitMeanings } from '../../scripts/exit-codes.ts';
import { runCli } from '../../scripts/run-cli.ts';

const docs = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');

async function help(...words: string[]): Promise<string> {
  let out = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      out += chunk;
      done();
    },
  });
  const code = await runCli([...words, '--help'], { stdout, stderr: stdout, env: {} });
  expect(code).toBe(0);
  return out;
}

test('the docs and --help give every exit status the same meaning', async () => {
  const text = await help();
  for (const [code, meaning] of Object.entries(exitMeanings)) {
    expect(docs).toContain(`| ${code} | ${meaning} |`);
    expect(text.replace(/\s+/g, ' ')).toContain(`${code} ${meaning}`);
  }
});

test('every verb stands in the docs and shows examples in its help', async () => {
  const verbs = [...(await help()).matchAll(/^ {2}([a-z]+) .*/gm)].map((match) => match[1] as string);
  expect(verbs.length).toBeGreaterThan(15);
  for (const verb of verbs.filter((each) => each !== 'help')) {
    expect(docs).toMatch(new RegExp(`muster (\\w+\\|)*${verb}\\b`));
    if (verb !== 'plan' && verb !== 'schedules') expect(await help(verb)).toMatch(/Examples:\n {2}muster /);
  }
  expect(await help('plan', 'check')).toContain('Examples:');
  for (const verb of ['apply', 'list', 'pause', 'unpause', 'run'])
    expect(await help('schedules', verb)).toContain('Examples:');
});
