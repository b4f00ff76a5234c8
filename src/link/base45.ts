const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((character, value) => [character, value]));

/** Base45 (RFC 9285): two bytes become three characters of the alphanumeric mode of QR codes, a last odd byte two. */
export function encodeBase45(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const pair = (bytes[i] as number) * 256 + (bytes[i + 1] as number);
    text += character(pair) + character(pair / 45) + character(pair / 2025);
  }
  if (bytes.length % 2 === 0) return text;
  const last = bytes[bytes.length - 1] as number;
  return text + character(last) + character(last / 45);
}

/**
 * The bytes, or undefined for text that no encoder writes: other characters (lower case among them), one character left
 * over, or a group that is more than its bytes can hold. Undefined, not an error: of what a camera sees much is not ours.
 */
export function decodeBase45(text: string): Uint8Array | undefined {
  const rest = text.length % 3;
  if (rest === 1) return undefined;
  const bytes = new Uint8Array(((text.length - rest) / 3) * 2 + rest / 2);
  for (let from = 0, to = 0; from < text.length; from += 3, to += 2) {
    const isPair = from + 2 < text.length;
    const [a, b, c] = [valueAt(text, from), valueAt(text, from + 1), isPair ? valueAt(text, from + 2) : 0];
    if (a === undefined || b === undefined || c === undefined) return undefined;
    const value = a + b * 45 + c * 2025;
    if (value > (isPair ? 0xffff : 0xff)) return undefined;
    if (isPair) bytes[to] = value >> 8;
    bytes[isPair ? to + 1 : to] = value;
  }
  return bytes;
}

function character(value: number): string {
  return ALPHABET.charAt(Math.floor(value) % 45);
}

function valueAt(text: string, position: number): number | undefined {
  return VALUES.get(text.charAt(position));
}
