import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { compactEnvelope } from '../../../src/link/compact/compact.js';
import { QrAnimation } from '../../../src/link/qr-animation.js';
import {
  decodeFrame,
  encodeFrame,
  MAX_FRAMED_MESSAGE_BYTES,
  messageIdOf,
  type QrFrame,
} from '../../../src/link/qr-frame.js';
import { QrReceiver } from '../../../src/link/qr-receiver.js';
import { randomFrom } from '../../crash/random.js';
import { randomBytesOf } from '../../support/random.js';

const OPTIONS = { maxMessageBytes: 2 ** 20, maxHeldBytes: 16 * 2 ** 20, maxRemembered: 100 };

function messageOf(length: number, seed = 1): Uint8Array {
  return randomBytesOf(randomFrom(seed), length);
}

/** The texts of the first frames of an animation. */
function framesOf(messages: readonly Uint8Array[], count: number, frameBytes = 100): string[] {
  const frames = new QrAnimation(messages, { frameBytes }).frames();
  return Array.from({ length: count }, () => frames.next().value.text);
}

describe('a frame', () => {
  const frame: QrFrame = { form: 'raw', id: messageOf(8), messageBytes: 1000, index: 0x1234, symbol: messageOf(50, 2) };

  it('comes back as it was', () => {
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
    expect(decodeFrame(encodeFrame({ ...frame, form: 'compact' }))).toEqual({ ...frame, form: 'compact' });
    const longest: QrFrame = {
      ...frame,
      messageBytes: MAX_FRAMED_MESSAGE_BYTES,
      index: 0xffff,
      symbol: messageOf(900),
    };
    expect(decodeFrame(encodeFrame(longest))).toEqual(longest);
  });

  it.each([
    ['no Base45', 'https://example.org/'],
    ['nothing', ''],
    ['only a header', encodeFrame({ ...frame, symbol: new Uint8Array() })],
    ['a form that is not known', encodeFrame({ ...frame, messageBytes: 2 ** 21 + 1 })],
    ['a symbol longer than its message', encodeFrame({ ...frame, messageBytes: 49 })],
    ['more symbols than there may be', encodeFrame({ ...frame, messageBytes: 50 * 2048 + 1 })],
    ['more than a QR code holds', '0'.repeat(4299)],
  ])('is not: %s', (_, text) => {
    expect(decodeFrame(text)).toBeUndefined();
  });
});

describe('the animation', () => {
  it('refuses nothing to show, empty messages, and messages that are too long', () => {
    const show = (messages: readonly Uint8Array[], frameBytes = 100) => new QrAnimation(messages, { frameBytes });
    expect(() => show([])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(() => show([new Uint8Array()])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(() => show([messageOf(5)], 13)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(() => show([new Uint8Array(2 ** 20 + 1)], 2000)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
    expect(() => show([new Uint8Array(2 ** 20)], 500)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
  });

  it('never shows the same frame twice in the first 65536', () => {
    const texts = framesOf([messageOf(5, 3)], 65_536, 15);
    expect(new Set(texts).size).toBeGreaterThan(65_000); // few combinations of three symbols of two bytes are alike
    expect(new Set(texts.map((text) => decodeFrame(text)?.index)).size).toBe(65_536);
  });
});

describe('the receiver', () => {
  it('needs as many frames as the message has, from wherever it begins', () => {
    const message = messageOf(2000);
    const receiver = new QrReceiver(OPTIONS);
    const frames = framesOf([message], 100).slice(41);
    const needed = Math.ceil(2000 / 87);
    for (const text of frames.slice(0, needed - 1)) expect(receiver.push(text).kind).toBe('progress');
    expect(receiver.incomplete()).toMatchObject([{ messageBytes: 2000, missingFrames: 1, sourceFrames: needed }]);
    const id = messageIdOf(message);
    expect(receiver.push(frames[needed - 1] ?? '')).toEqual({ kind: 'message', id, hash: sha256(message), message });
    expect(receiver.push(frames[needed] ?? '')).toEqual({ kind: 'ignored', id });
    expect(receiver.incomplete()).toEqual([]);
  });

  it('takes several messages at once, and codes of other people in between', () => {
    const messages = [messageOf(500, 1), messageOf(3000, 2), messageOf(1, 3)];
    const receiver = new QrReceiver(OPTIONS);
    const found = framesOf(messages, 200).flatMap((text) => {
      expect(receiver.push('WIFI:T:WPA;S:GUEST;;')).toEqual({ kind: 'foreign' });
      const receipt = receiver.push(text);
      return receipt.kind === 'message' ? [receipt.message] : [];
    });
    expect(found).toEqual(expect.arrayContaining(messages));
    expect(found).toHaveLength(3);
  });

  it('gives a message again when it was told to forget it', () => {
    const message = messageOf(50);
    const receiver = new QrReceiver(OPTIONS);
    const [text = ''] = framesOf([message], 1);
    expect(receiver.push(text).kind).toBe('message');
    expect(receiver.push(text).kind).toBe('ignored');
    receiver.forget(messageIdOf(message));
    expect(receiver.push(text).kind).toBe('message');
  });

  it('finds out that a message is damaged, and begins it anew', () => {
    const message = messageOf(500);
    const receiver = new QrReceiver(OPTIONS);
    const frames = framesOf([message], 12);
    const forged = decodeFrame(frames[0] ?? '');
    if (forged === undefined) throw new Error('no frame');
    receiver.push(encodeFrame({ ...forged, symbol: new Uint8Array(forged.symbol.length) }));
    const kinds = frames.slice(1).map((text) => receiver.push(text).kind);
    expect(kinds.indexOf('damaged')).toBe(4);
    expect(kinds.slice(5)).toContain('message');
  });

  it('holds no more than it may, and gives up what nothing came for longest', () => {
    const receiver = new QrReceiver({ ...OPTIONS, maxHeldBytes: 40_000 });
    const strangers = Array.from({ length: 100 }, (_, seed) => framesOf([messageOf(3000, seed)], 1)[0] ?? '');
    for (const text of strangers) receiver.push(text);
    expect(receiver.incomplete().length).toBeLessThan(5);
    expect(receiver.incomplete().at(-1)?.id).toEqual(messageIdOf(messageOf(3000, 99)));
    const [tooLarge = ''] = framesOf([messageOf(30_000)], 1, 800);
    expect(receiver.push(tooLarge).kind).toBe('ignored');
  });

  it('ignores messages over its limit', () => {
    const receiver = new QrReceiver({ ...OPTIONS, maxMessageBytes: 999 });
    expect(receiver.push(framesOf([messageOf(1000)], 1)[0] ?? '').kind).toBe('ignored');
    expect(receiver.push(framesOf([messageOf(999)], 1)[0] ?? '').kind).toBe('progress');
  });
});

describe('an envelope', () => {
  const envelope = utf8(
    JSON.stringify({
      ciphertext: Buffer.from(messageOf(600)).toString('base64url'),
      protected: Buffer.from('{"alg":"ECDH-ES+A256KW","enc":"A256GCM"}').toString('base64url'),
      recipients: [
        { encrypted_key: Buffer.from(messageOf(40)).toString('base64url'), header: { kid: 'did:example:b#1' } },
      ],
      iv: Buffer.from(messageOf(12)).toString('base64url'),
      tag: Buffer.from(messageOf(16)).toString('base64url'),
    }),
  );

  it('travels in its compact form, and comes out byte for byte', () => {
    const receiver = new QrReceiver(OPTIONS);
    const receipts = framesOf([envelope], 100).map((text) => receiver.push(text));
    const needed = receipts.findIndex(({ kind }) => kind === 'message') + 1;
    expect(receipts[needed - 1]).toMatchObject({
      message: envelope,
      hash: sha256(compactEnvelope(envelope) ?? envelope),
    });
    const asItIs = new QrAnimation([envelope], { frameBytes: 100, compact: false });
    expect(needed).toBeLessThan(0.8 * asItIs.framesPerRound);
    const [first] = asItIs.frames();
    expect(decodeFrame(first?.text ?? '')).toMatchObject({ form: 'raw', id: messageIdOf(envelope) });
  });

  it('is not kept away by whoever shows the same bytes as something else', () => {
    const travels = compactEnvelope(envelope) ?? envelope;
    const frame: QrFrame = {
      form: 'raw',
      id: messageIdOf(travels),
      messageBytes: travels.length,
      index: 0,
      symbol: travels,
    };
    const receiver = new QrReceiver(OPTIONS);
    expect(receiver.push(encodeFrame(frame))).toMatchObject({ message: travels });
    expect(receiver.push(encodeFrame({ ...frame, form: 'compact' }))).toMatchObject({ message: envelope });
  });

  it('that only claims to be in the compact form is damaged, and not looked at again', () => {
    const bytes = messageOf(50);
    const frame: QrFrame = { form: 'compact', id: messageIdOf(bytes), messageBytes: 50, index: 0, symbol: bytes };
    const receiver = new QrReceiver(OPTIONS);
    expect(receiver.push(encodeFrame(frame)).kind).toBe('damaged');
    expect(receiver.push(encodeFrame(frame)).kind).toBe('ignored');
  });
});

describe('what another link holds of a message', () => {
  const message = messageOf(2000);
  const frames = framesOf([message], 100).slice(60);
  const id = messageIdOf(message);
  const symbols = Math.ceil(2000 / 87);

  it('need not be shown', () => {
    const receiver = new QrReceiver(OPTIONS);
    receiver.push(frames[0] ?? '');
    const receipt = receiver.lend(id, [
      { offset: 0, bytes: message.subarray(0, 900) }, // 10 symbols and a part
      { offset: 1900, bytes: message.subarray(1900) }, // the last, which is filled up
    ]);
    expect(receipt).toMatchObject({ kind: 'progress', missingFrames: symbols - 1 - 10 - 1 });
    const kinds = frames.slice(1, symbols - 11).map((text) => receiver.push(text).kind);
    expect(kinds.at(-1)).toBe('message');
    expect(kinds).toHaveLength(symbols - 12);
  });

  it('is put together first, as it was saved piece by piece', () => {
    const receiver = new QrReceiver(OPTIONS);
    receiver.push(frames[0] ?? '');
    const pieces = [0, 500, 1000, 1500].map((offset) => ({ offset, bytes: message.subarray(offset, offset + 500) }));
    expect(receiver.lend(id, pieces)).toMatchObject({ kind: 'message', message });
  });

  it('can be all of it but a frame', () => {
    const receiver = new QrReceiver(OPTIONS);
    receiver.push(frames[0] ?? '');
    expect(receiver.lend(id, [{ offset: 0, bytes: message }])).toMatchObject({ kind: 'message', message });
    expect(receiver.lend(id, [])).toBeUndefined();
  });

  it('costs only itself when it is wrong', () => {
    const receiver = new QrReceiver(OPTIONS);
    receiver.push(frames[0] ?? '');
    receiver.lend(id, [{ offset: 0, bytes: new Uint8Array(1000) }]);
    const receipts = frames.slice(1).map((text) => receiver.push(text));
    const at = receipts.findIndex(({ kind }) => kind === 'message');
    expect(at).toBe(symbols - 2); // as many frames as without the loan
    expect(receipts[at]).toMatchObject({ message });
  });
});
