/** A real SMTP server on loopback that keeps what it is sent. It speaks TLS with a certificate of its own, and knows one user. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { selfSigned } from './certificate.ts';

export interface Mail {
  readonly from: string;
  readonly to: string[];
  readonly text: string;
  readonly encrypted: boolean;
  readonly user: unknown;
}

interface Options {
  /** Encrypted from the first byte; else by STARTTLS, unless that is not offered. */
  readonly secure?: boolean;
  readonly withoutStartTls?: boolean;
  readonly password?: string;
  /** Takes no mail: answers 550. */
  readonly refuses?: boolean;
  /** Addresses that it does not know: answers 550 to each. */
  readonly unknown?: readonly string[];
}

export async function startMailServer({
  secure = false,
  withoutStartTls,
  password,
  refuses,
  unknown = [],
}: Options = {}) {
  const { key, certificate } = await selfSigned();
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key,
    cert: certificate,
    secure,
    logger: false,
    authOptional: password === undefined,
    disabledCommands: withoutStartTls ? ['STARTTLS'] : [],
    onAuth(auth, _session, done) {
      if (auth.username === 'muster' && auth.password === password) return done(null, { user: auth.username });
      // As careless as servers are: it says back what it was sent.
      done(new Error(`Invalid login ${auth.username} ${auth.password}`));
    },
    onMailFrom(_address, _session, done) {
      done(refuses ? Object.assign(new Error('no mail is taken here'), { responseCode: 550 }) : null);
    },
    onRcptTo({ address }, _session, done) {
      done(unknown.includes(address) ? Object.assign(new Error(`no ${address}`), { responseCode: 550 }) : null);
    },
    onData(stream, session, done) {
      text(stream).then((body) => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom ? mailFrom.address : '';
        const to = rcptTo.map(({ address }) => address);
        mails.push({ from, to, text: body, encrypted: session.secure, user: session.user });
        done();
      }, done);
    },
  });
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    mails,
    port: (listening.address() as AddressInfo).port,
    certificate,
    stop: () => new Promise<void>((done) => server.close(() => done())),
  };
}
