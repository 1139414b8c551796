/** Host keys, broken connections and limits, against a real sshd. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshExecutor } from '../../../activities/hosts/ssh-executor.ts';
import { freePort, startSshd, type TestSshd } from './sshd.ts';

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd?.stop());

async function whoami(knownHosts: string): Promise<string> {
  const host = sshExecutor({ ...sshd.settings, knownHosts });
  try {
    return (await host.exec('echo in')).stdout.toString().trim();
  } finally {
    await host.close();
  }
}

describe('host keys', () => {
  const name = () => `[${sshd.address}]:${sshd.port}`;
  const stranger = () => {
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'stranger')]);
    return readFileSync(join(sshd.folder, 'stranger.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  };

  it.each(['ed25519', 'rsa', 'ecdsa'] as const)('are accepted where only the %s key is known', async (type) => {
    expect(await whoami(`# comment\n\nother.example ssh-ed25519 AAAA\n${name()} ${sshd.hostKey(type)} note\n`)).toBe(
      'in',
    );
  });

  it('are found under a hashed name', async () => {
    const path = join(sshd.folder, 'known');
    writeFileSync(path, `${name()} ${sshd.hostKey('ed25519')}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' });
    const hashed = readFileSync(path, 'utf8');
    expect(hashed).toMatch(/^\|1\|/);
    expect(await whoami(hashed)).toBe('in');
  });

  it('are found under a pattern, unless it is negated', async () => {
    expect(await whoami(`[127.0.0.*]:${sshd.port} ${sshd.hostKey('rsa')}`)).toBe('in');
    const negated = `[127.0.0.*]:${sshd.port},!${name()} ${sshd.hostKey('rsa')}`;
    await expect(whoami(negated)).rejects.toMatchObject({ type: 'HostKeyUnknown' });
  });

  it('are refused when another is known, and the message names both', async () => {
    const fingerprint = execFileSync('ssh-keygen', ['-l', '-f', join(sshd.folder, 'host_ed25519.pub')])
      .toString()
      .split(' ')[1];
    await expect(whoami(`${name()} ${stranger()}`)).rejects.toMatchObject({
      type: 'HostKeyMismatch',
      message: expect.stringContaining(fingerprint ?? 'no fingerprint'),
    });
  });

  it('are refused when none is known, or only one for another port', async () => {
    await expect(whoami('')).rejects.toMatchObject({
      type: 'HostKeyUnknown',
      message: expect.stringContaining('Try: '),
    });
    await expect(whoami(`${sshd.address} ${sshd.hostKey('ed25519')}`)).rejects.toMatchObject({
      type: 'HostKeyUnknown',
    });
  });

  it('are refused when revoked, and when only a type is known that the host does not have', async () => {
    const line = `${name()} ${sshd.hostKey('ed25519')}`;
    await expect(whoami(`${line}\n@revoked ${line}`)).rejects.toMatchObject({ type: 'HostKeyMismatch' });
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ecdsa', '-b', '521', '-f', join(sshd.folder, 'p521')]);
    const other = readFileSync(join(sshd.folder, 'p521.pub'), 'utf8');
    await expect(whoami(`${name()} ${other}`)).rejects.toMatchObject({ type: 'HostKeyMismatch' });
  });
});

describe('connections', () => {
  it('that nobody accepts are a passing fault', async () => {
    const host = sshExecutor({ ...sshd.settings, port: await freePort(sshd.address) });
    await expect(host.exec('true')).rejects.toMatchObject({ type: 'HostUnreachable' });
  });

  it('that are accepted and never answered end at the connect limit', async () => {
    const silent = await listen(() => {});
    const host = sshExecutor({ ...sshd.settings, port: silent.port, connectLimit: 300 });
    const began = performance.now();
    await expect(host.exec('true')).rejects.toMatchObject({
      type: 'HostUnreachable',
      message: expect.stringContaining('0.3 s'),
    });
    expect(performance.now() - began).toBeLessThan(3_000);
    await silent.close();
  });

  it('that go dead under a command are noticed by keep-alive', async () => {
    let frozen = false;
    const relay = await listen((inner) => forward(inner, sshd.address, sshd.port, () => frozen));
    const knownHosts = `[${sshd.address}]:${relay.port} ${sshd.hostKey('ed25519')}`;
    const host = sshExecutor({ ...sshd.settings, port: relay.port, knownHosts, keepAlive: 100 });
    await host.exec('true');
    const running = host.exec('sleep 8');
    frozen = true;
    await expect(running).rejects.toMatchObject({ type: 'ConnectionLost' });
    await host.close();
    await relay.close();
  });

  it('that are cut fail their command, and the next command connects again', async () => {
    const host = sshExecutor(sshd.settings);
    await host.exec('true');
    const running = host.exec('sleep 8');
    const lost = expect(running).rejects.toMatchObject({ type: 'ConnectionLost' });
    await host.exec('true');
    expect(sshd.cut()).toBeGreaterThan(0);
    await lost;
    expect((await host.exec('echo again')).stdout.toString()).toBe('again\n');
    await host.close();
  });

  it('with a key the host does not know are refused at login, without naming the key', async () => {
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'other')]);
    const privateKey = readFileSync(join(sshd.folder, 'other'), 'utf8');
    const host = sshExecutor({ ...sshd.settings, privateKey });
    await expect(host.exec('true')).rejects.toMatchObject({ type: 'HostLoginRefused' });
    const broken = sshExecutor({ ...sshd.settings, privateKey: 'not a key' });
    await expect(broken.exec('true')).rejects.toMatchObject({ type: 'SshKeyUnusable' });
  });
});

async function listen(onSocket: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  const port = await freePort(sshd.address);
  await new Promise<void>((resolve) => server.listen(port, sshd.address, resolve));
  return {
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes bytes on until frozen, then swallows them in both directions, as a network that drops packets. */
async function forward(inner: Socket, address: string, port: number, frozen: () => boolean): Promise<void> {
  const { connect } = await import('node:net');
  const outer = connect(port, address);
  outer.on('error', () => {});
  inner.on('data', (chunk) => frozen() || outer.write(chunk));
  outer.on('data', (chunk) => frozen() || inner.write(chunk));
  inner.on('close', () => outer.destroy());
}
