import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { concatBytes } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import { readArchive, writeArchive } from '../../src/daemon/backup/archive.js';
import { fromChunks, toChunks } from '../../src/daemon/backup/chunks.js';
import { byteCount, showBytes } from '../../src/daemon/config/kinds.js';
import { loadConfig } from '../../src/daemon/config/load.js';
import { environmentName, settingPaths } from '../../src/daemon/config/names.js';
import { SCHEMA } from '../../src/daemon/config/schema.js';
import { parseYaml } from '../../src/daemon/config/yaml-source.js';

const KEY = { key: new Uint8Array(32).fill(7), header: new Uint8Array([1, 2, 3]) };
/** Around the size of a chunk, where mistakes are. */
const CHUNK = 2 ** 18;
const size = fc.oneof(fc.nat(100), fc.integer({ min: CHUNK - 40, max: CHUNK + 40 }), fc.constant(2 * CHUNK));

async function* pieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return concatBytes(...parts);
}

function reading(bytes: Uint8Array) {
  let at = 0;
  return async (count: number) => {
    const piece = bytes.subarray(at, at + count);
    at += piece.length;
    return piece;
  };
}

describe('a backup', () => {
  it('gives back every stream, however it is cut, encrypted or not', async () => {
    const property = fc.asyncProperty(
      size,
      fc.integer({ min: 1000, max: 400_000 }),
      fc.boolean(),
      async (n, m, plain) => {
        const key = plain ? undefined : KEY;
        const bytes = new Uint8Array(n).map((_, index) => index * 31);
        const written = await collect(toChunks(pieces(bytes, m), key));
        expect(Buffer.compare(await collect(fromChunks(reading(written), key)), bytes)).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it('gives back every set of files', async () => {
    const files = fc.array(fc.tuple(fc.string({ maxLength: 60 }), fc.uint8Array({ maxLength: 300 })), { maxLength: 6 });
    const property = fc.asyncProperty(files, fc.integer({ min: 1, max: 50 }), async (given, pieceBytes) => {
      const entries = async function* () {
        for (const [name, bytes] of given) yield { name, bytes: bytes.length, content: pieces(bytes, 7) };
      };
      const archive = await collect(writeArchive(entries()));
      const read: (readonly [string, Uint8Array])[] = [];
      for await (const entry of readArchive(pieces(archive, pieceBytes))) {
        read.push([entry.name, await collect(entry.content)]);
      }
      expect(read.map(([name, bytes]) => [name, [...bytes]])).toEqual(given.map(([name, bytes]) => [name, [...bytes]]));
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it('answers any bytes with an error of its own', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, plain) => {
      try {
        for await (const entry of readArchive(fromChunks(reading(bytes), plain ? undefined : KEY))) {
          await collect(entry.content);
        }
        expect.unreachable();
      } catch (error) {
        expect(isWaypostError(error, 'ERR_BACKUP') || isWaypostError(error, 'ERR_PASSPHRASE')).toBe(true);
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

describe('the configuration', () => {
  it('is either good or refused with ERR_CONFIG, whatever variables hold', async () => {
    const names = settingPaths(SCHEMA).map(environmentName);
    const env = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.json()), { maxKeys: 3 });
    const property = fc.asyncProperty(env, async (given) => {
      await loadConfig({ env: given }).catch((error) => expect(error).toMatchObject({ code: 'ERR_CONFIG' }));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('has a line, or none, for every path of every file', () => {
    const property = fc.property(
      fc.jsonValue({ maxDepth: 3 }),
      fc.array(fc.oneof(fc.string(), fc.nat(3))),
      (value, at) => {
        const yaml = stringify(value);
        const line = parseYaml(yaml, 'file').lineOf(at);
        if (line !== undefined) expect(line).toBeLessThanOrEqual(yaml.split('\n').length);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('shows sizes as it reads them', () => {
    const property = fc.property(fc.nat(2 ** 31 - 1), fc.constantFrom(1, 1024, 2 ** 20), (count, unit) => {
      const bytes = (count % 4096) * unit;
      expect(byteCount(0, 2 ** 40).read(showBytes(bytes), [], [])).toBe(bytes);
    });
    fc.assert(property, { numRuns: 200 });
  });
});
