/** Every mistake on the command line is a fact and a hint, exit 2, before anything is asked: here there is no server, no key, no cloud. */
import { expect, test } from 'vitest';
import { plansFolder } from '../support/plan.ts';
import { runMuster } from '../support/run-muster.ts';

const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1', MUSTER_PLANS: plansFolder };
const at = (words: string) => runMuster(words.split(' '), nowhere);

test.each([
  ['failover', /Missing required argument 'service'. Try: muster failover --help\.$/],
  ['failover spacetime --resaon x', /Unknown option '--resaon'. Try: --reason; muster failover --help\.$/],
  ['reject spacetime', /Required option '--reason <text>' not specified. Try: muster reject --help\.$/],
  ['plan show', /Missing required argument 'service'. Try: muster plan show --help\.$/],
  ['faiover spacetime', /no verb faiover. Try: muster failover; muster --help lists all\.$/],
  ['nosuchverb', /no verb nosuchverb. Try: muster --help/],
  ['failover nosuch', /There is no .*nosuch\.yaml. Try: one of spacetime\.$/],
  ['--overlay nosuch plan show spacetime', /no overlay .*nosuch.*spacetime\.yaml. Try: correct --overlay/],
  ['failover spacetime --to nowhere', /no site nowhere. Try: --from and --to take: us-east-1, us-west-2\.$/],
  ['failover spacetime --from us-east-1 --to us-east-1', /is no move. Try: name one of the two/],
  ['failover spacetime --point last', /point: a recovery point id looks like 20260102_031500. Try: correct it/],
  ['sync spacetime --at nowhere', /no site nowhere. Try: --at takes: us-east-1, us-west-2\.$/],
  ['fence spacetime nowhere --reason x', /no site nowhere. Try: one of us-east-1, us-west-2\.$/],
  ['switchover spacetime --at 2020-01-01T00:00:00Z', /is over. Try: leave out --at/],
  ['failback spacetime --at soon', /soon is no time with a zone. Try: --at 20/],
  ['preview spacetime nosuch', /no procedure nosuch. Try: one of: backup, /],
  ['restore spacetime --component nosuch', /no component nosuch. Try: /],
  ['restore spacetime --table t1', /Tables are of one database. Try: name it: --component /],
  ['restore spacetime --path etc', /paths\.0: a path on a host is absolute. Try: begin it with \/\.$/],
  [
    'restore spacetime --before noon',
    /a moment has its zone, so that nobody guesses. Try: 2025-11-10T12:00:00\+00:00\.$/,
  ],
])('muster %s', async (words, message) => {
  const { code, out, err } = await at(words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.trim()).toMatch(message);
  expect(err).toMatch(/^muster: /);
  expect(err.match(/Try:/g)).toHaveLength(1);
});

test('with --json a mistake is a document too, also where no verb was named', async () => {
  for (const words of ['failover --json', 'failover spacetime --to nowhere --json', 'plan --json']) {
    const { code, out } = await at(words);
    const { error } = JSON.parse(out) as { error: { type: string; message: string; exit: number } };
    expect({ code, exit: error.exit }).toEqual({ code: 2, exit: 2 });
    expect(error.message).toMatch(/^[A-Z-].*\. Try: /);
  }
});

test('where no server answers it exits 3 and names the way that needs none', async () => {
  const { code, err } = await at('failover spacetime --reason lost');
  expect(code).toBe(3);
  expect(err).toMatch(
    /No Temporal server answers at 127\.0\.0\.1:1 .*Try: .*muster runbook SERVICE failover --format sh/,
  );
  expect(err).not.toMatch(/\n {4}at /);
}, 60_000);
