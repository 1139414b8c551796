/** Commands that hints, help and docs tell people to type: verb, subcommand and flags exist. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { Runner } from '../../scripts/cli/cli.ts';
import { verbs } from '../../scripts/verbs/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = [
  'activities',
  'deploy',
  'docs',
  'domain',
  'lab',
  'observer',
  'playbooks',
  'scripts',
  'workers',
  'workflows',
];
/** What follows the name of the program in a sentence about it. */
const prose = new Set(['alone']);
/** Options of every verb. */
const everywhere = ['--json', '--address', '--namespace', '--plans', '--overlay', '--help'];

const program = new Command('muster');
const nothing: Runner = () => async () => {};
for (const add of verbs) add(program, nothing);

test('every command that a hint or the docs name can be typed', async () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const file of await sources()) {
    for (const phrase of phrasesOf(await readFile(join(root, file), 'utf8'))) {
      seen++;
      wrong.push(...mistakesIn(phrase).map((mistake) => `${file}: muster ${phrase}: ${mistake}`));
    }
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(300);
});

test.each([
  ['failovr spacetime', 'no verb failovr'],
  ['keys renew spacetime', 'keys has no renew'],
  ['failover spacetime --force', 'failover has no --force'],
  ['audit verify SERVICE --mend', undefined],
  ['status|watch|report SERVICE', undefined],
  ['schedules pause|stop SERVICE', 'schedules has no stop'],
])('muster %s is judged: %s', (phrase, mistake) => {
  expect(mistakesIn(phrase)).toEqual(mistake ? [mistake] : []);
});

async function sources(): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  return [...found.flat().filter((file) => /\.(ts|sh|md|txt|service)$/.test(file)), 'README.md', 'CHANGELOG.md'];
}

/** `Try: muster watch ${service}, or ...` -> `watch ${service}`: up to what cannot be part of a command. */
function phrasesOf(text: string): string[] {
  const found = text.matchAll(/(?<![\w./@$-])muster ([a-z][^`'\n;,()\\]*)/g);
  return [...found].map(([, phrase = '']) => phrase.split(/[.:]? {2,}|[.:](?: |$)| #| \|/)[0] as string);
}

function mistakesIn(phrase: string): string[] {
  const [first = '', second = ''] = phrase.split(/["\s]/);
  return first.split('|').flatMap((name) => {
    if (prose.has(name)) return [];
    const verb = program.commands.find((each) => each.name() === name);
    if (!verb) return [`no verb ${name}`];
    if (verb.commands.length === 0) return flagsMissing(verb, phrase);
    const subs = /^[a-z|]+$/.test(second) ? second.split('|') : [];
    const takesNone = verb.registeredArguments.length === 0;
    return subs.flatMap((sub) => {
      const command = verb.commands.find((each) => each.name() === sub);
      if (command) return flagsMissing(command, phrase);
      return takesNone ? [`${name} has no ${sub}`] : flagsMissing(verb, phrase);
    });
  });
}

function flagsMissing(command: Command, phrase: string): string[] {
  const known = [...command.options.map(({ long }) => long), ...everywhere];
  return [...phrase.matchAll(/(?:^|[\s[])(--[a-z][a-z-]*)/g)].flatMap(([, flag = '']) =>
    known.includes(flag) ? [] : [`${command.name()} has no ${flag}`],
  );
}
