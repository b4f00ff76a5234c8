import { describe, expect, it } from 'vitest';
import { DiskRoom } from '../../../src/store/sqlite/disk-room.js';

describe('room on the disk', () => {
  const roomOf = (freeBytes: number) => {
    const room = new DiskRoom(() => freeBytes, 1000);
    room.look();
    return room;
  };

  it('is refused to messages before the disk is full, with an error that may pass', () => {
    expect(() => roomOf(1100).admit(100, 'normal')).not.toThrow();
    expect(() => roomOf(1100).admit(101, 'normal')).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_FULL', retryable: true, message: expect.stringContaining('1100') }),
    );
  });

  it('lasts longer for what is expedited, and no longer for what is bulk', () => {
    expect(() => roomOf(600).admit(100, 'expedited')).not.toThrow();
    expect(() => roomOf(600).admit(101, 'expedited')).toThrow();
    expect(() => roomOf(1100).admit(101, 'bulk')).toThrow();
  });

  it('is used up by what was admitted since it was looked at', () => {
    let freeBytes = 1100;
    const room = new DiskRoom(() => freeBytes, 1000);
    room.look();
    room.admit(60, 'normal');
    expect(() => room.admit(60, 'normal')).toThrow();
    freeBytes = 1200;
    room.look();
    expect(() => room.admit(60, 'normal')).not.toThrow();
  });

  it('has no end where nobody knows it', () => {
    expect(() => new DiskRoom().admit(2 ** 50, 'normal')).not.toThrow();
  });
});
