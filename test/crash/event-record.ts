/** An event of the workload as a record of the recording (see recording-vfs.c): kind `e`, no path, the line as data. */
export function eventRecord(line: string): Uint8Array {
  const data = Buffer.from(line);
  const record = Buffer.alloc(15 + data.length);
  record.writeUInt32BE(11 + data.length);
  record.write('e', 4);
  data.copy(record, 15);
  return record;
}
