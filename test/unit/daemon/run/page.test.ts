import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBrowserPage } from '../../../../src/daemon/run/page.js';

/** What a browser gets that opened `target`. */
async function open(target: string, hasWebPeer: boolean): Promise<string> {
  const server = createServer(createBrowserPage(hasWebPeer));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${target}`);
  return response.text();
}

describe('an invitation that is opened in a browser', () => {
  it('leads to the web peer where there is one, with the invitation where nobody logs it', async () => {
    expect(await open('/?_oob=eyJ0eXAi', true)).toContain('<a href="peer/#?_oob=eyJ0eXAi">');
    expect(await open('/', true)).toContain('<a href="peer/">');
    expect(await open('/?_oob=eyJ0eXAi', false)).not.toContain('peer/');
  });

  it.each(['/?_oob="><script>', '/?_oob=%22%3E%3Cscript%3E', '/?x=1&_oob=a', '/?_oob=a&x=javascript:1'])(
    'has nothing of a request that is none: %s',
    async (target) => {
      const page = await open(target, true);
      expect(page).toContain('<a href="peer/">');
      expect(page).not.toContain('script');
    },
  );
});
