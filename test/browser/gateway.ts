import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { type GatewayProcess, runCommand, startGateway, testFolder } from '../support/processes.js';

/** A real gateway, and somebody for whom a message waits there. */
export interface UsedGateway {
  readonly gateway: GatewayProcess;
  readonly data: string;
  /** Folder of the mailbox that is away. */
  readonly recipient: string;
  /** Its DID. */
  readonly did: string;
  readonly invitation: string;
}

export const TEXT = 'a very private text';

/** `settings`: of the configuration, as environment variables. */
export async function startUsedGateway(bin: string, settings: Record<string, string> = {}): Promise<UsedGateway> {
  const root = await testFolder();
  const data = path.join(root, 'gateway');
  const env = { WAYPOST_NAME: 'Camp 3', ...settings };
  const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
  await rm(path.join(data, 'first-run'));
  const { invitation } = JSON.parse((await runCommand(bin, ['invite', '--data', data, '--json'])).stdout);
  const recipient = path.join(root, 'recipient');
  await runCommand(bin, ['recv', '--data', recipient, '--invitation', invitation, '--timeout', '0.5']);
  const { did } = JSON.parse((await runCommand(bin, ['id', '--data', recipient, '--json'])).stdout);
  const sender = ['--data', path.join(root, 'sender'), '--invitation', invitation];
  expect((await runCommand(bin, ['send', ...sender, '--to', did, TEXT])).code).toBe(0);
  return { gateway, data, recipient, did, invitation };
}

/** What `waypost dashboard` prints for programs. */
export async function codeFor(bin: string, data: string): Promise<{ address: string; code: string; url: string }> {
  return JSON.parse((await runCommand(bin, ['dashboard', '--data', data, '--json'])).stdout);
}

/** With the address that stands in the QR code. */
export async function signIn(bin: string, data: string, page: Page): Promise<void> {
  await page.goto((await codeFor(bin, data)).url);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
}

export async function goTo(page: Page, view: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: view, exact: true }).click();
  await page.getByRole('heading', { name: view, level: 1 }).waitFor();
}
