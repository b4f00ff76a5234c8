import { expect, test } from 'vitest';
import { readDeviceList } from '../../../src/daemon/device-file.js';

const read = (text: string) => readDeviceList(Buffer.from(text));
const refused = (text: string) => {
  try {
    return read(text);
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test('CSV: columns by name, quotation marks, either line end, a byte order mark, empty lines', () => {
  expect(read('\ufeffname,id\r\n"a, ""b""",t1\r\n\r\n , t2 \n')).toEqual([
    { line: 2, device: { name: 'a, "b"', id: 't1' } },
    { line: 4, device: { name: '', id: 't2' } },
  ]);
  expect(read('id\n')).toEqual([]);
});

test('CSV: a line that cannot be read is named, and the others are read', () => {
  const listed = read('id,name\na,"open\nb,x"y\nc\nd,e,f\ng,h');
  expect(listed.map(({ line, device, problem }) => [line, device, problem === undefined])).toEqual([
    [2, undefined, false],
    [3, undefined, false],
    [4, undefined, false],
    [5, undefined, false],
    [6, { id: 'g', name: 'h' }, true],
  ]);
});

test('JSON: a list of whatever it holds', () => {
  expect(read(' [{"id":"a"}, 5]')).toEqual([
    { line: 1, device: { id: 'a' } },
    { line: 2, device: 5 },
  ]);
});

test('what is neither, or too long', () => {
  expect(refused('[{"id":')).toBe('ERR_CONFIG');
  expect(refused('name\nx')).toBe('ERR_CONFIG');
  expect(refused('id,colour\nx,y')).toBe('ERR_CONFIG');
  expect(refused('')).toBe('ERR_CONFIG');
  expect(read(`id\n${'x\n'.repeat(10_000)}`)).toHaveLength(10_000);
  expect(refused(`id\n${'x\n'.repeat(10_001)}`)).toBe('ERR_TOO_LARGE');
});

test('no line takes long, whatever is in it', () => {
  const line = ' '.repeat(200_000);
  expect(read(`id\n"${'""'.repeat(500_000)}x`)[0]?.problem).toBeDefined();
  expect(read(`id\nx${line}"`)[0]?.problem).toBeDefined();
});
