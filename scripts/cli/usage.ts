/** Wrong words on the command line as a fact and a hint that names the help of the very verb. */
import type { Command } from 'commander';

/** Sets every command up to tell it so; the answer is what was told last, for `--json`. */
export function tellUsage(program: Command): () => string | undefined {
  let last: string | undefined;
  const setUp = (command: Command, name: string) => {
    command.configureOutput({
      outputError: (text, write) => {
        last = usageText(text, name);
        write(`muster: ${last}\n`);
      },
    });
    for (const each of command.commands) setUp(each, `${name} ${each.name()}`);
  };
  setUp(program, program.name());
  return () => last;
}

/** `error: unknown option '--resaon'\n(Did you mean --reason?)` -> `Unknown option '--resaon'. Try: --reason; muster failover --help.` */
function usageText(text: string, name: string): string {
  const [first = '', second = ''] = text.trim().split('\n');
  const fact = first.replace(/^error: (.)/, (_, letter: string) => letter.toUpperCase()).replace(/\.$/, '');
  const meant = /^\(Did you mean (.+)\?\)$/.exec(second)?.[1];
  return `${fact}. Try: ${meant ? `${meant}; ` : ''}${name} --help.`;
}
