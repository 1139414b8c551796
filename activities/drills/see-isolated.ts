/**
 * Step `seeIsolated`: from a drill's host no host of a real site can be reached. What is restored there believes that it is the real
 * thing: it has the addresses and passwords of the real database.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';

const inputSchema = z.object({
  host: hostSchema,
  /** Of every real site: name for people, and where something listens. */
  real: z.array(z.object({ name: z.string(), address: z.string(), ports: z.array(z.number().int()).min(1) })).min(1),
});

/** s for one connection; whoever answers at all answers sooner. */
const patience = 3;

/** Output: `{ outcome, tried }`. Refusal `NotIsolated` where one answers, also by refusing the connection. */
export const seeIsolated = defineStep({
  kind: 'seeIsolated',
  version: 1,
  changes: false,
  input: inputSchema,
  title: ({ host, real }) => `See that ${host.name} cannot reach the ${real.length} real hosts`,
  shell: ({ host, real }) => [
    `ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address} ${shellQuote(scriptFor(real))}`,
  ],
  limits: { startToClose: 120_000 },
  async run({ host, real }, context) {
    const executor = await context.host(host);
    const { code, stdout, stderr } = await executor.exec(shellQuote('bash', '-c', scriptFor(real)), {
      signal: context.signal,
      inactivity: 60_000,
    });
    const tried = real.reduce((sum, { ports }) => sum + ports.length, 0);
    const answers = stdout.toString().split('\n').filter(Boolean);
    if (code !== 0 || answers.length !== tried) {
      throw refusal(
        'IsolationUnknown',
        `Whether ${host.name} can reach the real hosts is not known: ${stderr.trim().slice(-200) || `${answers.length} of ${tried} answers`}.`,
        'bash and timeout on that host; then retry the step.',
        { host: host.name },
      );
    }
    const reached = answers.filter((line) => !line.endsWith(' silent'));
    const named = reached.map((line) => {
      const [address = '', port = ''] = line.split(' ');
      return `${real.find((each) => each.address === address)?.name ?? address} (${address}:${port})`;
    });
    if (named.length === 0) return { outcome: `${real.length} real hosts are out of reach`, tried };
    throw refusal(
      'NotIsolated',
      `${host.name} can reach ${named.join(', ')}: what is restored there would work on the real thing.`,
      'a subnet and security group for the drill that lets it reach the storage location and the resolver only.',
      { host: host.name },
    );
  },
});

/** One line for each: `10.0.0.5 22 silent`, `open` or `refused`, whose packets came back all the same. */
function scriptFor(real: z.output<typeof inputSchema>['real']): string {
  const targets = real.flatMap(({ address, ports }) => ports.map((port) => `${address} ${port}`));
  return `try() {
  local said
  said=$(LC_ALL=C timeout ${patience} bash -c 'exec 3<>"/dev/tcp/$0/$1" && echo open' "$1" "$2" 2>&1) || true
  case $said in
    open*) echo "$1 $2 open" ;;
    *refused*) echo "$1 $2 refused" ;;
    *) echo "$1 $2 silent" ;;
  esac
}
${targets.map((target) => `try ${target} &`).join('\n')}
wait`;
}
