/** `muster traffic`: where the names of a service lead, and whether their switches would move them. */
import type { Command } from 'commander';
import { nameNow } from '../../activities/assessment/facts/name.ts';
import { AwsClients } from '../../activities/clients/aws.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { type Preparation, prepareSwitch } from '../../activities/traffic/prepare-switch.ts';
import { refusal } from '../../domain/errors.ts';
import { readingPolicy, switchOf } from '../../domain/traffic/switch.ts';
import type { Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { addShift } from './traffic-shift.ts';
import { type AddVerb, examples } from './verb.ts';

export const addTraffic: AddVerb = (program, run) => {
  const traffic = program
    .command('traffic')
    .summary('where the names lead; set up their switches')
    .description('Where the names of a service lead now, and whether the switches of the plan would move them.')
    .addHelpText('after', examples('muster traffic check spacetime', 'muster traffic prepare spacetime --apply'));
  addCheck(traffic, run);
  addPrepare(traffic, run);
  addShift(traffic, run);
};

function addCheck(traffic: Command, run: Runner): void {
  traffic
    .command('check')
    .summary('where each name leads, and whether its switch is set up')
    .description(
      'Asks DNS, Route 53 and the switch objects. Changes nothing. Exits 2 where a name leads to no site, or its switch would not move it.',
    )
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster traffic check spacetime', 'muster traffic check spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const aws = new AwsClients();
        const deps = { plan, route53: () => aws.route53() };
        const names = await Promise.all(
          plan.traffic.records.map(async (record) => {
            const { fact, evidence } = await nameNow(record, deps);
            const location = record.via === 'switch' ? switchOf(plan, record) : undefined;
            const place = location && plan.storage[location.location];
            return {
              name: record.name,
              via: record.via,
              site: evidence?.site,
              good: fact.state === 'good',
              found: fact.value,
              wrong: evidence?.unready ?? [],
              ...(location && place ? { object: location, policy: readingPolicy(place, location.key) } : {}),
            };
          }),
        );
        const code = names.every(({ good }) => good) ? exitCodes.ok : exitCodes.refused;
        if (cli.json) {
          sayJson(cli.io, { service, names });
          return code;
        }
        const rows = names.map(({ good, name, via, found }) => [good ? 'good' : 'BAD', name, `by ${via}`, found]);
        say(cli.io, columns(rows));
        for (const { name, wrong, policy } of names) {
          for (const each of wrong.slice(1)) say(cli.io, `BAD   ${each}`);
          if (wrong.length > 0)
            say(cli.io, `\nSet ${name} up: muster traffic prepare ${service}\nPolicy of the bucket: ${policy}`);
        }
        return code;
      }),
    );
}

function addPrepare(traffic: Command, run: Runner): void {
  traffic
    .command('prepare')
    .summary('health check and failover records of every switch')
    .description(
      'Says what would be changed for every name with `via: switch`, and with --apply does it: a health check that watches the switch object, and two failover records in place of the simple one. Beforehand, while the primary serves.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--apply', 'do it')
    .addHelpText('after', examples('muster traffic prepare spacetime', 'muster traffic prepare spacetime --apply'))
    .action(
      run<{ apply?: boolean }>(async (cli, [service = ''], { apply = false }) => {
        const { plan } = await cli.plan(service);
        const records = plan.traffic.records.filter(({ via }) => via === 'switch');
        if (records.length === 0) {
          throw refusal(
            'NoSwitch',
            `No name of ${service} is led by a switch.`,
            'write `via: switch` at a record of the plan; docs/plan.md says how.',
          );
        }
        const client = await new AwsClients().route53();
        const context = {
          ...{ run: 'traffic-prepare', step: 'prepare', signal: new AbortController().signal },
          ...{ assertCurrent: () => {}, log: () => {}, heartbeat: () => {} },
        };
        const done: Preparation[] = [];
        for (const record of records) {
          const { location } = switchOf(plan, record);
          const store = await openStore(plan, location, (ref) => resolveSecret(ref, cli.planFolder));
          done.push(await prepareSwitch(plan, record, { client, store, context }, apply));
        }
        if (cli.json) sayJson(cli.io, { service, applied: apply, names: done });
        else for (const each of done) say(cli.io, told(each, apply).join('\n'));
        if (!cli.json && !apply && done.some(({ changes }) => changes.length > 0))
          say(cli.io, `\nNothing was changed. To change it: muster traffic prepare ${service} --apply`);
        return exitCodes.ok;
      }),
    );
}

function told({ name, wrong, changes }: Preparation, applied: boolean): string[] {
  if (changes.length === 0) return [`${name} is set up.`];
  return [...wrong.map((each) => `found: ${each}`), ...changes.map((each) => `${applied ? 'done' : 'would'}: ${each}`)];
}
