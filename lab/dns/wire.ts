/** Between our resource records and DNS messages on the wire. */
import packet, { type Answer, type Packet } from 'dns-packet';
import type { Reply, Resource } from './answer.ts';

const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };

/** The response to `query`, authoritative unless refused or failed. */
export function toMessage(
  query: Packet,
  reply: Reply | { code: 'SERVFAIL'; answers: []; authority?: undefined },
): Packet {
  const authoritative = reply.code === 'NOERROR' || reply.code === 'NXDOMAIN' ? packet.AUTHORITATIVE_ANSWER : 0;
  const wanted = (query.flags ?? 0) & packet.RECURSION_DESIRED;
  return {
    type: 'response',
    id: query.id,
    flags: authoritative | wanted | codes[reply.code],
    questions: query.questions,
    answers: reply.answers.map(toAnswer),
    authorities: reply.authority ? [toAnswer(reply.authority)] : [],
  };
}

function toAnswer({ name, type, ttl, value }: Resource): Answer {
  const base = { name, ttl, class: 'IN' as const };
  switch (type) {
    case 'A':
    case 'AAAA':
      return { ...base, type, data: value };
    case 'NS':
    case 'CNAME':
      return { ...base, type, data: value.replace(/\.$/, '') };
    case 'TXT':
      return { ...base, type, data: value.replace(/^"|"$/g, '') };
    case 'SOA': {
      const [mname = '', rname = '', serial, refresh, retry, expire, minimum] = value.split(/\s+/);
      const [a, b, c, d, e] = [serial, refresh, retry, expire, minimum].map(Number);
      return { ...base, type, data: { mname, rname, serial: a, refresh: b, retry: c, expire: d, minimum: e } };
    }
    default:
      throw new Error(`The responder does not serve ${type} records.`);
  }
}
