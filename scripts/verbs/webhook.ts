/** `muster webhook`: takes signed requests for backups over HTTP until it is ended. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { refusal } from '../../domain/errors.ts';
import { say } from '../cli/io.ts';
import { exitCodes } from '../exit-codes.ts';
import { webhookServer } from '../webhook/server.ts';
import { type AddVerb, examples } from './verb.ts';

export const addWebhook: AddVerb = (program, run) => {
  program
    .command('webhook')
    .summary('take signed requests for backups over HTTP')
    .description('POST /backup begins a backup of a service whose plan has a webhook. Runs until it is ended (Ctrl-C).')
    .option('--listen <address:port>', 'where; put TLS in front of anything but loopback', '127.0.0.1:8790')
    .addHelpText('after', examples('muster webhook --listen 127.0.0.1:8790'))
    .action(
      run<{ listen: string }>(async (cli, _, options) => {
        const [, host, port] = options.listen.match(/^\[?([^\]]+?)\]?:(\d+)$/) ?? [];
        if (host === undefined || Number(port) > 65_535)
          throw refusal('BadInput', `${options.listen} is no address with a port.`, '--listen 127.0.0.1:8790');
        // A server that is not there is said now, not at the first request.
        const { client } = await cli.temporal();
        const server = webhookServer(
          {
            plan: async (service) => (await cli.plan(service)).plan,
            secret: (ref) => resolveSecret(ref, cli.planFolder),
            client: async () => client,
            now: Date.now,
          },
          (line) => say(cli.io, line),
        );
        server.listen({ host, port: Number(port) });
        await once(server, 'listening');
        const { address, port: taken } = server.address() as AddressInfo;
        say(cli.io, `listening on http://${address}:${taken}/backup`);
        const signal = cli.io.signal;
        if (!signal?.aborted) await (signal ? once(signal, 'abort') : once(server, 'close'));
        server.closeAllConnections();
        server.close();
        return exitCodes.ok;
      }),
    );
};
