import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { describeWhere } from '../support/describe-where.js';

/** Debian's. */
const EXECUTABLE = '/usr/bin/chromium';

/** Declares a suite that needs Chromium; `alsoMissing` says what else it needs and is not there. */
export function describeBrowser(title: string, declare: () => void, alsoMissing?: string): void {
  describeWhere(existsSync(EXECUTABLE) ? alsoMissing : 'Chromium is absent', title, declare);
}

/** Without its sandbox, which does not work for root. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const all = ['--no-sandbox', '--disable-gpu', ...args];
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args: all });
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
