import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { type MessageFolder, openMessageFolder } from '../../../transports/file/folder.js';

/** A path in a folder that is removed after the test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-folder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function openForTest(folder: string, limits = {}): Promise<MessageFolder> {
  const opened = await openMessageFolder(folder, { maxMessageBytes: 1000, maxEntries: 1000, ...limits });
  onTestFinished(async () => void (await opened[Symbol.asyncDispose]()));
  return opened;
}

export const ENCRYPTED_MESSAGE = utf8('{"protected":"e30","recipients":[],"iv":"","ciphertext":"AA","tag":""}');
