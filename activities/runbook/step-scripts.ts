/** Every step kind that a break-glass script can carry out. What is not here is done by a person, with the step's own commands shown. */
import type { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import { mustBeThere } from '../../domain/traffic/switch.ts';
import { describeTarget, type Target } from '../../domain/traffic/traffic.ts';
import { script } from '../archives/job-files.ts';
import { awaitHost } from '../compute/await-host.ts';
import { fenceInstance } from '../compute/fence-instance.ts';
import { type powerInputSchema, startInstance } from '../compute/start-instance.ts';
import { startService } from '../compute/start-service.ts';
import { stopService } from '../compute/stop-service.ts';
import { promoteRdsReplica } from '../databases/rds/promote-replica.ts';
import { promoteDatabase } from '../databases/replica/promote-database.ts';
import { lockOf, serverParams } from '../databases/replica/replica-input.ts';
import { databaseCommand } from '../fencing/database.ts';
import { fenceSite } from '../fencing/fence-site.ts';
import { liftFence } from '../fencing/lift-fence.ts';
import { checkHealth } from '../health/check-health.ts';
import { seeFromOutside } from '../health/see-from-outside.ts';
import { watchService } from '../health/watch-service.ts';
import { checkHost } from '../hosts/check-host.ts';
import { command } from '../hosts/run-command.ts';
import { openRequest } from '../hosts/start-job.ts';
import { takeLease } from '../lease/take-lease.ts';
import { awaitResolution } from '../traffic/await-resolution.ts';
import { clearSwitch } from '../traffic/clear-switch.ts';
import { changeBatch, type Move } from '../traffic/move-name.ts';
import { pointNameAt } from '../traffic/point-name-at.ts';
import { putSwitch } from '../traffic/put-switch.ts';
import type { switchInputSchema } from '../traffic/switch-object.ts';
import { withdrawName } from '../traffic/withdraw-name.ts';
import { checkScript, restoreScript } from './component-scripts.ts';
import { call, type ScriptTools, type StepScript, scriptOf, seconds } from './script-tools.ts';

export const stepScripts: readonly StepScript[] = [
  scriptOf(takeLease, ({ needed, others, term }, { locations }) => {
    const away = needed.find((name) => !locations.includes(name));
    if (away)
      throw refusal('NoScript', `The lease at ${away} is not on S3, which is what curl is signed for.`, '--format md');
    const held = (names: readonly string[], how: string) =>
      names.filter((name) => locations.includes(name)).map((name) => call('take_lease', seconds(term), name, how));
    return [...held(needed, 'needed'), ...held(others, 'other')];
  }),
  scriptOf(fenceInstance, ({ region, instance, tags = {}, within, requestLimit }) => {
    const filters = Object.entries(tags).map(([key, value]) => `Name=tag:${key},Values=${value}`);
    const which = instance ? ['--instance', instance] : filters;
    return [call('fence', region, seconds(within), seconds(requestLimit), ...which)];
  }),
  // By power alone: the other methods, and the write that proves it, are a person's, whom the gate asks.
  scriptOf(fenceSite, ({ methods, demand, region, groups, within }) => {
    const filters = Object.entries(groups).flatMap(([group, selector]) =>
      'tags' in selector
        ? [...Object.entries(selector.tags).map(([key, value]) => `Name=tag:${key},Values=${value}`), '/']
        : [`@${group}=${selector.addresses.join(',')}`],
    );
    const known = methods.includes('instances') ? filters : [];
    return [call('fence_site', demand, region, seconds(within), 4, ...known)];
  }),
  scriptOf(liftFence, async ({ host, database }, tools) => {
    tools.keep(tools.step.id, await databaseCommand('lift', database));
    return [call('lift_fence', tools.host(host), tools.step.id)];
  }),
  scriptOf<typeof powerInputSchema, unknown>(startInstance, ({ region, instance, within }) => [
    call('start_instance', region, instance, seconds(within)),
  ]),
  scriptOf(awaitHost, ({ host, within }, tools) => [call('await_host', tools.host(host), seconds(within))]),
  scriptOf(checkHost, ({ host, free }, tools) => [
    call('check_host', tools.host(host), ...Object.entries(free).flatMap(([path, bytes]) => [path, Math.ceil(bytes)])),
  ]),
  scriptOf(startService, ({ host, start, stop, state, within }, tools) => [
    call('bring_service', tools.host(host), 'running', start, stop, state, seconds(within)),
  ]),
  scriptOf(stopService, ({ host, start, stop, state, within }, tools) => [
    call('bring_service', tools.host(host), 'stopped', start, stop, state, seconds(within)),
  ]),
  restoreScript,
  checkScript,
  // What is there, as it is: a proof by the token of a demotion is for a run, which has it.
  scriptOf(promoteDatabase, async ({ component, host, proof }, tools) => {
    if (proof === 'demoted')
      throw refusal('NoScript', `${component.name} is promoted by the token of its demotion.`, '--format md');
    const params = { ...(await serverParams(component)), ...(proof === 'restore' ? { open: 'yes' } : {}) };
    return await plainJob(
      host,
      lockOf(component),
      { script: script('databases', 'promote-postgresql'), params },
      tools,
    );
  }),
  // The new standby afterwards is a person's: it takes hours, and nobody waits for it.
  scriptOf(promoteRdsReplica, ({ replica, source, backupRetention, within }) => [
    call(
      'promote_rds',
      replica.region,
      replica.instance,
      source.region,
      source.instance,
      backupRetention,
      seconds(within),
    ),
  ]),
  scriptOf(withdrawName, (move) => moveLines(move)),
  scriptOf(pointNameAt, (move) => moveLines(move)),
  scriptOf(putSwitch, switchLines),
  scriptOf(clearSwitch, switchLines),
  scriptOf(awaitResolution, ({ name, target, resolver = '', within, wait }) => [
    call('await_name', name, resolver, seconds(within + wait), ...leadsTo(target)),
  ]),
  scriptOf(checkHealth, (input) => [
    call('check_health', input.successes, seconds(input.within), input.interval / 1000, ...asked(input)),
  ]),
  // That the site which was left takes no writes is not looked at: that needs what a worker has.
  scriptOf(watchService, (input, tools) => [
    call('check_health', input.successes, seconds(input.within), input.interval / 1000, ...asked(input)),
    ...input.names.flatMap(({ object, ...name }) =>
      object ? switchLines({ ...name, object }, tools) : moveLines({ ...name, within: 120_000 }),
    ),
  ]),
  scriptOf(seeFromOutside, (input, { step }) => {
    const { observer = '', successes, within, interval } = input;
    const moved = step.needs.join(' ');
    return [
      call('see_from_outside', observer, moved, moved, successes, seconds(within), interval / 1000, ...asked(input)),
    ];
  }),
  scriptOf(command, commandLines),
];

interface Asked {
  readonly url: string;
  readonly resolver?: string | undefined;
  readonly timeout: number;
  readonly expect: Readonly<Record<string, unknown>>;
}

function asked({ url, resolver = '', timeout, expect }: Asked): (string | number)[] {
  const wanted = Object.entries(expect).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  return [url, resolver, timeout / 1000, ...wanted];
}

function moveLines(move: Move): string[] {
  const { zone, name, type, target, within } = move;
  return [call('point_name', zone, name, type, asRecord(target), changeBatch(move), seconds(within))];
}

/** As the script's `record_now` says a record. */
function asRecord(target: Target): string {
  if ('alias' in target)
    return `alias ${target.alias.zone} ${describeTarget(target)} ${target.alias.evaluateTargetHealth}`;
  return `${Math.round(target.ttl / 1000)} ${[...target.addresses].sort().join(',')}`;
}

function leadsTo(target: Target): string[] {
  return 'alias' in target ? ['alias', target.alias.name] : ['addresses', ...target.addresses];
}

function switchLines({ name, site, object }: z.output<typeof switchInputSchema>, { locations }: ScriptTools): string[] {
  if (!locations.includes(object.location)) {
    throw refusal(
      'NoScript',
      `The switch object of ${name} is not on S3, which is what curl is signed for.`,
      '--format md',
    );
  }
  const wanted = mustBeThere(object, site) ? 'there' : 'absent';
  return [call('switch_object', wanted, object.location, object.key, object.url, `${name} is answered by ${site}`)];
}

async function commandLines(
  { run, host, limit }: { run: string; host?: Host | undefined; limit: number },
  tools: ScriptTools,
): Promise<string[]> {
  if (host) {
    const params = { script: run, limit: String(limit / 1000) };
    return await plainJob(host, '', { script: 'command', params }, tools);
  }
  tools.keep(tools.step.id, run);
  return [call('command_here', seconds(limit), tools.step.id)];
}

/** A host job without secrets, whose end is all that it has to say. */
async function plainJob(
  host: Host,
  lock: string,
  job: Parameters<typeof openRequest>[0],
  tools: ScriptTools,
): Promise<string[]> {
  const { id } = tools.step;
  tools.keep(id, await openRequest(job));
  const name = id.replaceAll('-', '_');
  tools.beside([`secrets_of_${name}() { no_secrets; }`, `judge_${name}() { judge_nothing; }`]);
  return [call('host_job', tools.host(host), lock, id)];
}
