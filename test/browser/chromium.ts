import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { describeWhere } from '../support/describe-where.js';

/** Debian's. */
const EXECUTABLE = '/usr/bin/chromium';

/** Declares a suite that needs Chromium, and whatever else is `missing`. */
export function describeBrowser(title: string, declare: () => void, missing?: string): void {
  describeWhere(existsSync(EXECUTABLE) ? missing : 'Chromium is absent', title, declare);
}

/** Without its sandbox, which does not work for root. */
export function launchChromium(...options: readonly string[]): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', ...options];
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args });
}

export interface WatchedPage {
  readonly page: Page;
  /** URLs of everything that the page asked for. */
  readonly requests: readonly string[];
  /** What the browser complained about: exceptions, and what the content security policy stopped. */
  readonly complaints: readonly string[];
}

/** A page in a profile of its own, closed after the test, of which every request and complaint is known. */
export async function openWatchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = await context.newPage();
  page.on('websocket', (socket) => requests.push(socket.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused sign-in and a gateway that is gone are what some tests are about.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  return { page, requests, complaints };
}
