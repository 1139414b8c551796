import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyLine, openKeyRing } from '../../../activities/temporal/key-ring.ts';
import { isEncrypted, payloadCodec } from '../../../activities/temporal/payload-codec.ts';

const [first, second] = [newKeyLine('first'), newKeyLine('second')];
const codecOf = (...lines: string[]) => payloadCodec(openKeyRing({ MUSTER_CODEC_KEYS: lines.join('\n') }));
const payload = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const opened = ([only]: Payload[]) => defaultPayloadConverter.fromPayload(only as Payload);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-codec-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the payload codec', () => {
  it('gives back what it was given, and shows nothing of it', async () => {
    const codec = codecOf(first);
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        const sealed = await codec.encode([payload({ text, secret: 'hunter2-hunter2' })]);
        expect(Buffer.from(sealed[0]?.data ?? []).includes('hunter2')).toBe(false);
        expect(opened(await codec.decode(sealed))).toEqual({ text, secret: 'hunter2-hunter2' });
      }),
      { numRuns: 50 },
    );
  });

  it('seals the same value differently every time', async () => {
    const codec = codecOf(first);
    const [one, two] = await codec.encode([payload('same'), payload('same')]);
    expect(one?.data).not.toEqual(two?.data);
  });

  it('opens with an old key, and seals with the first', async () => {
    const old = await codecOf(first).encode([payload('before')]);
    const rotated = codecOf(second, first);
    expect(opened(await rotated.decode(old))).toBe('before');
    const [fresh] = await rotated.encode([payload('after')]);
    expect(Buffer.from(fresh?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('second');
  });

  it('opens what several keys of the ring sealed, and what nobody sealed, side by side', async () => {
    const third = newKeyLine('third');
    const [one] = await codecOf(first).encode([payload(1)]);
    const [two] = await codecOf(second).encode([payload(2)]);
    const mixed = [two, payload('plain'), one, two] as Payload[];
    const clear = await codecOf(third, first, second).decode(mixed);
    expect(clear.map((each) => opened([each]))).toEqual([2, 'plain', 1, 2]);
    // One of them that no key opens is named, and none is passed on as it is.
    await expect(codecOf(third, first).decode(mixed)).rejects.toMatchObject({
      type: 'CodecKeyMissing',
      message: expect.stringContaining('the key second, and there are only third, first'),
    });
  });

  it('refuses what says another key of the ring than it was sealed with, or none', async () => {
    const codec = codecOf(first, second);
    const [sealed] = await codec.encode([payload('x')]);
    const named = (id: string) => ({
      ...sealed,
      metadata: { ...sealed?.metadata, 'encryption-key-id': new TextEncoder().encode(id) },
    });
    await expect(codec.decode([named('second')])).rejects.toMatchObject({
      type: 'CodecDataWrong',
      message: expect.stringContaining('does not open with the key second'),
    });
    const { 'encryption-key-id': _id, ...nameless } = sealed?.metadata ?? {};
    for (const none of [named(''), { ...sealed, metadata: nameless }])
      await expect(codec.decode([none])).rejects.toMatchObject({
        type: 'CodecDataWrong',
        message: expect.stringContaining('names no key'),
      });
  });

  it('names the key that is missing', async () => {
    const sealed = await codecOf(second).encode([payload('x')]);
    await expect(codecOf(first).decode(sealed)).rejects.toMatchObject({
      type: 'CodecKeyMissing',
      message: expect.stringContaining('encrypted with the key second, and there are only first'),
    });
    await expect(payloadCodec(openKeyRing({})).decode(sealed)).rejects.toMatchObject({ type: 'CodecKeyMissing' });
  });

  it('refuses a payload that was changed, cut short, or sealed by another key of the same name', async () => {
    const codec = codecOf(first);
    const [sealed] = await codec.encode([payload('x')]);
    const data = Buffer.from(sealed?.data ?? []);
    const changed = Buffer.from(data);
    changed[20] = (changed[20] ?? 0) ^ 1;
    for (const wrong of [changed, data.subarray(0, -1), data.subarray(0, 10), Buffer.alloc(0)]) {
      await expect(codec.decode([{ ...sealed, data: wrong }])).rejects.toMatchObject({ type: 'CodecDataWrong' });
    }
    await expect(codecOf(newKeyLine('first')).decode([sealed as Payload])).rejects.toMatchObject({
      type: 'CodecDataWrong',
    });
  });

  it('leaves what is not encrypted as it is, and without keys encrypts nothing', async () => {
    const plain = payload({ service: 'spacetime' });
    expect(await codecOf(first).decode([plain])).toEqual([plain]);
    expect(await payloadCodec(openKeyRing({})).encode([plain])).toEqual([plain]);
  });

  it('keeps a long summary with the longest key id within the 400 bytes that the server takes', async () => {
    const { default: proto } = await import('@temporalio/proto');
    const [sealed] = await codecOf(newKeyLine('k'.repeat(32))).encode([payload('s'.repeat(180))]);
    expect(isEncrypted(sealed as Payload)).toBe(true);
    expect(proto.temporal.api.common.v1.Payload.encode(sealed as Payload).finish().length).toBeLessThan(400);
  });
});

describe('the file of keys', () => {
  const write = async (name: string, text: string, mode = 0o600) => {
    const file = join(folder, name);
    await writeFile(file, text, { mode });
    return file;
  };

  it('takes a new key without a restart', async () => {
    const file = await write('rotating', `${first}\n`);
    const codec = payloadCodec(openKeyRing({ MUSTER_CODEC_KEYS_FILE: file }));
    const sealed = await codecOf(second).encode([payload('new')]);
    await expect(codec.decode(sealed)).rejects.toMatchObject({ type: 'CodecKeyMissing' });
    await write('rotating', `# since today\n${second}\n${first}\n`);
    expect(opened(await codec.decode(sealed))).toBe('new');
    expect(opened(await codec.decode(await codecOf(first).encode([payload('old')])))).toBe('old');
  });

  it('takes a line that was put right also where it only decrypts', async () => {
    const file = await write('wrong', `${newKeyLine('first')}\n`);
    const codec = payloadCodec(openKeyRing({ MUSTER_CODEC_KEYS_FILE: file }));
    const sealed = await codecOf(first).encode([payload('x')]);
    await expect(codec.decode(sealed)).rejects.toMatchObject({ type: 'CodecDataWrong' });
    await write('wrong', `# put right\n${first}\n`);
    await expect
      .poll(async () => opened(await codec.decode(sealed).catch(() => [payload('')])), { timeout: 10_000 })
      .toBe('x');
  });

  it('keeps the keys it has while the file is half-written', async () => {
    const file = await write('half', `${first}\n`);
    const codec = payloadCodec(openKeyRing({ MUSTER_CODEC_KEYS_FILE: file }));
    await write('half', first.slice(0, 20));
    const sealed = await codecOf(second).encode([payload('new')]);
    await expect(codec.decode(sealed)).rejects.toMatchObject({ type: 'CodecKeyMissing' });
    expect(opened(await codec.decode(await codecOf(first).encode([payload('old')])))).toBe('old');
  });

  const secret = randomBytes(32).toString('base64');
  it.each([
    ['a short key', `id ${randomBytes(16).toString('base64')}`, /line 1 of .* is no key/],
    ['a key without id', secret, /line 1 of .* is no key/],
    ['an id that is too long', `${'x'.repeat(33)} ${secret}`, /is no key/],
    ['an id twice', `a ${secret}\n\na ${secret}`, /line 3 of .* names the key a a second time/],
    ['only comments', '# nothing\n', /holds no key/],
  ])('refuses %s, and never shows a key', async (name, text, words) => {
    const file = await write(name.replaceAll(' ', '-'), text);
    const open = () => openKeyRing({ MUSTER_CODEC_KEYS_FILE: file });
    expect(open).toThrow(words);
    expect(open).not.toThrow(secret);
  });

  it('refuses one that everyone may read, one that is not there, and two sources', async () => {
    const file = await write('open', first, 0o604);
    expect(() => openKeyRing({ MUSTER_CODEC_KEYS_FILE: file })).toThrow(/may be read by everyone.*chmod o=/);
    expect(() => openKeyRing({ MUSTER_CODEC_KEYS_FILE: join(folder, 'none') })).toThrow(/cannot be read \(ENOENT\)/);
    expect(() => openKeyRing({ MUSTER_CODEC_KEYS: first, MUSTER_CODEC_KEYS_FILE: file })).toThrow(/both set/);
  });
});
