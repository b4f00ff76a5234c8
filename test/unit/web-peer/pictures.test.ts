import { describe, expect, it } from 'vitest';
import { toBase64url } from '../../../src/core/base64url.js';
import { drawText } from '../../../src/link/qr-symbol.js';
import { attachPicture, MAX_SENT_PICTURE_BYTES, picturesIn } from '../../../src/web-peer/agent/pictures.js';
import { encodePng } from '../../../transports/qr/png.js';

const PNG = new Uint8Array(encodePng(drawText('a picture'), 2));

/** `width` and `height` of the header only: the file itself stays small. */
function claiming(width: number, height: number): Uint8Array {
  const bytes = PNG.slice();
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return bytes;
}

const attached = (bytes: Uint8Array, media_type = 'image/png') => ({
  media_type,
  data: { base64: toBase64url(bytes) },
});

describe('a picture in a message', () => {
  it('comes out as it went in', () => {
    const attachment = attachPicture({ mediaType: 'image/png', bytes: PNG }, 0);
    expect(attachment).toMatchObject({ id: 'picture-1', media_type: 'image/png', byte_count: PNG.length });
    expect(picturesIn({ attachments: [attachment] })).toEqual({
      pictures: [{ mediaType: 'image/png', bytes: PNG }],
      notShown: 0,
    });
  });

  it('is not sent when it is too large', () => {
    const bytes = new Uint8Array(MAX_SENT_PICTURE_BYTES + 1);
    const refusal = expect.objectContaining({ code: 'ERR_TOO_LARGE' });
    expect(() => attachPicture({ mediaType: 'image/jpeg', bytes }, 0)).toThrow(refusal);
  });

  it('is what its bytes say, whatever the sender calls it', () => {
    const { pictures } = picturesIn({ attachments: [attached(PNG, 'text/html')] });
    expect(pictures.map(({ mediaType }) => mediaType)).toEqual(['image/png']);
  });

  it.each([
    [
      'a drawing that could hold a script',
      attached(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')),
    ],
    ['what unfolds to more than a phone has', attached(claiming(60_000, 60_000))],
    ['a picture of no size', attached(claiming(0, 1))],
    ['no bytes', attached(new Uint8Array())],
    ['what is no base64', { data: { base64: '!' } }],
    ['a link, which would tell the sender who looks', { data: { links: ['https://example.org/a.png'], hash: 'x' } }],
    ['JSON', { data: { json: { a: 1 } } }],
  ])('is not shown when it is %s', (_, attachment) => {
    expect(picturesIn({ attachments: [attachment, attached(PNG)] })).toMatchObject({
      pictures: [{ bytes: PNG }],
      notShown: 1,
    });
  });

  it('is shown with a few others, not with hundreds', () => {
    const attachments = Array.from({ length: 300 }, () => attached(PNG));
    expect(picturesIn({ attachments }).pictures).toHaveLength(4);
    expect(picturesIn({ attachments }).notShown).toBe(296);
    expect(picturesIn({})).toEqual({ pictures: [], notShown: 0 });
  });
});
