import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type GatewayProcess, runCommand, startGateway } from '../support/processes.js';
import { openWatchedPage, type WatchedPage } from './chromium.js';

/* People with the web peer in their browsers. */

export interface Person {
  readonly page: Page;
}

/** A gateway that serves the page, and how a browser opens its invitation there. */
export interface PeerGateway {
  readonly process: GatewayProcess;
  readonly data: string;
  /** Of the page, with the invitation in it. */
  readonly invited: string;
}

/** `settings`: of the configuration, as environment variables. */
export async function startPeerGateway(
  bin: string,
  data: string,
  address = '127.0.0.1:0',
  settings: Record<string, string> = {},
): Promise<PeerGateway> {
  const env = { WAYPOST_HTTP_WEB_PEER: 'on', ...settings };
  const process = await startGateway(bin, ['--data', data, '--http', address], { env });
  const { stdout } = await runCommand(bin, ['invite', '--web-peer', '--data', data], { env });
  return { process, data, invited: stdout.trim() };
}

/** The first visit: `invited` is the address of the page with the invitation of the gateway. */
export async function begin({ page }: Person, name: string, invited: string): Promise<void> {
  await page.goto(invited);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Begin' }).click();
}

/** Somebody new, connected. */
export async function newPerson(
  browser: Browser,
  name: string,
  invited: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const watched = await openWatchedPage(browser, options);
  const { page } = watched;
  await begin(watched, name, invited);
  await page.getByText('Connected to the gateway.').waitFor();
  return watched;
}

/** The same person later, in the same browser. */
export async function comeBack({ page }: Person, url: string): Promise<Person> {
  const again = await page.context().newPage();
  await again.goto(url);
  return { page: again };
}

export async function invitationOf({ page }: Person): Promise<string> {
  return (await page.getByTestId('own-invitation').textContent()) ?? '';
}

export async function add({ page }: Person, invitation: string): Promise<void> {
  await page.getByLabel('Their invitation').fill(invitation);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
}

export async function write({ page }: Person, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

export const message = ({ page }: Person, text: string) => page.getByRole('listitem').filter({ hasText: text });

/** Waits until a message is shown with what is known of it. */
export async function seen(from: Person, text: string, state: string): Promise<void> {
  await message(from, text).filter({ hasText: state }).waitFor();
}

/** From now on this browser has no network, and opens the page from what it keeps. */
export async function cutOff({ page }: Person): Promise<void> {
  await page.getByText('Opens without the gateway: yes').waitFor({ state: 'attached' });
  await page.context().setOffline(true);
}
