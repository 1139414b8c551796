/** Health checks of Route 53 that really probe: HTTP, string match and TCP, swept far more often than the real ones. */

import { request } from 'node:http';
import { connect } from 'node:net';
import type { HealthCheck, HealthCheckConfig } from '@aws-sdk/client-route-53';

const probeLimit = 450;

export type Health = { isHealthy(id: string): boolean; sweep(checks: HealthCheck[]): Promise<void> };

/** Remembers successes and failures in a row; a check flips after its FailureThreshold (1 to 10, 3 unless given). */
export function createHealth(resolve: (name: string) => string | undefined): Health {
  const known = new Map<string, { healthy: boolean; against: number }>();

  return {
    /** An unknown check counts as healthy, as a new one does in Route 53 until its first results are in. */
    isHealthy: (id) => known.get(id)?.healthy ?? true,
    async sweep(checks) {
      const listed = new Set(checks.map((check) => check.Id));
      for (const id of known.keys()) if (!listed.has(id)) known.delete(id);
      await Promise.all(
        checks.map(async ({ Id = '', HealthCheckConfig: config }) => {
          if (!config || config.Type === 'CALCULATED') return;
          const up = config.Disabled ? true : await probe(config, resolve);
          const passed = config.Inverted ? !up : up;
          const state = known.get(Id) ?? { healthy: true, against: 0 };
          state.against = passed === state.healthy ? 0 : state.against + 1;
          if (state.against >= (config.FailureThreshold ?? 3)) {
            state.healthy = passed;
            state.against = 0;
          }
          known.set(Id, state);
        }),
      );
      for (const { Id = '', HealthCheckConfig: config } of checks) {
        if (config?.Type !== 'CALCULATED') continue;
        const up = (config.ChildHealthChecks ?? []).filter((id) => known.get(id)?.healthy ?? true).length;
        known.set(Id, { healthy: up >= (config.HealthThreshold ?? 1) !== (config.Inverted ?? false), against: 0 });
      }
    },
  };
}

function probe(config: HealthCheckConfig, resolve: (name: string) => string | undefined): Promise<boolean> {
  const name = config.FullyQualifiedDomainName;
  const host = config.IPAddress ?? (name ? resolve(name) : undefined);
  if (!host) return Promise.resolve(false);
  if (config.Type === 'TCP') return connects(host, config.Port ?? 80);
  return answers(host, config, name ?? host);
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: probeLimit });
    const end = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

function answers(host: string, config: HealthCheckConfig, name: string): Promise<boolean> {
  const path = config.ResourcePath || '/';
  const options = { host, port: config.Port ?? 80, path, headers: { host: name }, agent: false as const };
  return new Promise((resolve) => {
    const outgoing = request({ ...options, signal: AbortSignal.timeout(probeLimit) }, async (reply) => {
      let start = '';
      try {
        for await (const chunk of reply) if (start.length < 5120) start += String(chunk);
      } catch {
        return resolve(false); // Broken off inside the body: not healthy.
      }
      const fine = (reply.statusCode ?? 500) >= 200 && (reply.statusCode ?? 500) < 400;
      resolve(fine && (!config.SearchString || start.includes(config.SearchString)));
    });
    outgoing.once('error', () => resolve(false));
    outgoing.end();
  });
}
