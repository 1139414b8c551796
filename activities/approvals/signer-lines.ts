/** Lines of an `allowed_signers` file, as ssh-keygen(1) reads them: who, from when to when, and whether the key is one. */
import type { SignerLine } from '../../domain/readiness/approvers.ts';

/** In: lines without comments and empty ones. One that cannot be used says why. */
export function signerLines(text: string): SignerLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(readLine);
}

function readLine(line: string): SignerLine {
  const [who = '', ...rest] = words(line);
  const principals = who.replaceAll('"', '').split(',');
  const options = isKeyType(rest[0]) ? '' : (rest.shift() ?? '');
  const [type, key] = rest;
  const of = `the line of ${principals.join(', ')}`;
  if (!isKeyType(type) || key === undefined || !isKey(type, key))
    return { principals, trouble: `${of} holds no SSH key` };
  const namespaces = optionOf(options, 'namespaces');
  if (namespaces !== undefined && !namespaces.split(',').some((each) => /^muster-approval$|[*?]/.test(each)))
    return { principals, trouble: `${of} is for ${namespaces}, not for muster-approval` };
  const [after, before] = [optionOf(options, 'valid-after'), optionOf(options, 'valid-before')].map(timeOf);
  const wrong = [after, before].find((time) => time && Number.isNaN(time.getTime()));
  if (wrong) return { principals, trouble: `${of} has a time that cannot be read` };
  return { principals, ...(after ? { after } : {}), ...(before ? { before } : {}) };
}

/** Separated by spaces outside of quotes. */
function words(line: string): string[] {
  return line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}

function isKeyType(word: string | undefined): word is string {
  return word !== undefined && /^(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+$/.test(word);
}

/** The bytes begin with the length and the name of their type. */
function isKey(type: string, base64: string): boolean {
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64)) return false;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < 4) return false;
  const length = bytes.readUInt32BE(0);
  return bytes.length > 4 + length && bytes.toString('latin1', 4, 4 + length) === type;
}

function optionOf(options: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="?([^",]*(?:,[^"]*)?)"`, 'i').exec(options)?.[1];
}

/** `YYYYMMDD[HHMM[SS]]`, with Z in UTC and else in this machine's zone. */
function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/.exec(text) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
}
