import type { Locator, Page } from 'playwright-core';

/** Somebody who uses the web peer. */
export interface Person {
  readonly page: Page;
}

/** The first visit: `invited` is the address of the page with the invitation of the gateway. */
export async function begin({ page }: Person, name: string, invited: string): Promise<void> {
  await page.goto(invited);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Begin' }).click();
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

export function message({ page }: Person, text: string): Locator {
  return page.getByRole('listitem').filter({ hasText: text });
}

/** Until a message of theirs is shown with what is known of it. */
export function seen(from: Person, text: string, state: string): Promise<void> {
  return message(from, text).filter({ hasText: state }).waitFor();
}
