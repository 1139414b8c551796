/** What a recorded history must not hold: secrets of the lab it comes from, signed addresses, this machine's paths. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { checkout, type LabPaths } from '../paths.ts';

/** Name of a secret (never its value) to what would betray it. */
export type Secrets = ReadonlyMap<string, readonly string[]>;

/** Every private key and password of a lab: whatever only its owner may read, and what its environment calls secret. */
export function knownSecrets(paths: LabPaths, env: Readonly<Record<string, string>>): Secrets {
  const secrets = new Map<string, readonly string[]>();
  for (const file of filesBelow(paths.keys)) {
    if ((statSync(file).mode & 0o077) !== 0) continue;
    secrets.set(file.slice(paths.keys.length + 1), linesOf(readFileSync(file, 'utf8')));
  }
  for (const [name, value] of Object.entries(env)) {
    if (/PASSWORD|SECRET|TOKEN|WEBHOOK/.test(name)) secrets.set(name, [value]);
  }
  return secrets;
}

/** Throws with the name of what was found, and where the text has it; payloads are looked into. */
export function refuseWhatMustNotLeave(
  name: string,
  text: string,
  { secrets, lab }: { secrets: Secrets; lab: string },
): void {
  const readable = [text, ...payloadsIn(text)];
  const refuse = (what: string, marks: readonly string[]) => {
    for (const mark of marks) {
      if (readable.some((part) => part.includes(mark))) {
        throw new Error(`${name} is not written: it holds ${what}. Try: find the step that answers or asks with it.`);
      }
    }
  };
  for (const [secret, marks] of secrets) refuse(`the secret ${secret}`, marks);
  refuse('a private key', ['PRIVATE KEY-----']);
  refuse('a signed address', ['X-Amz-Signature', 'X-Amz-Credential']);
  const outside = (path: string) => !lab.startsWith(path);
  refuse('a path of this machine', [`${checkout}/`, `${homedir()}/`, '/home/'].filter(outside));
  refuse("this machine's name", [`@${hostname()}`]);
}

/** Base64 stands for itself only: what a payload says is its content. */
function payloadsIn(text: string): string[] {
  const found: string[] = [];
  JSON.parse(text, (key, value) => {
    if (key === 'data' && typeof value === 'string') found.push(Buffer.from(value, 'base64').toString('utf8'));
    return value;
  });
  return found;
}

/** The lines that are the secret itself, without a frame that all keys share. */
function linesOf(content: string): string[] {
  if (content.startsWith('{')) {
    return Object.entries(JSON.parse(content) as Record<string, string>).flatMap(([key, value]) =>
      /secret/i.test(key) ? [value] : [],
    );
  }
  return content.split('\n').filter((line) => line.length >= 12 && !line.startsWith('-----') && !shared(line));
}

/** The head of every unencrypted OpenSSH key. */
function shared(line: string): boolean {
  return line.startsWith('b3BlbnNzaC1rZXktdjEAAAAABG5vbmU');
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
