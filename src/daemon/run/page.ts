import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

const page = (more: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>waypost</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}</style>
<h1>This is a mediator for messages</h1>
<p>It keeps encrypted messages for people and devices that are away, and hands them over when they come back. It cannot read them.</p>
<p><strong>To use it,</strong> copy the whole address of this page, or scan its QR code, in an app that speaks DIDComm v2
(where it says "add mediator" or "scan invitation").</p>
${more}<p>In a terminal: <code>waypost recv --data ./my-mailbox --invitation 'ADDRESS OF THIS PAGE'</code></p>
</html>
`;

/** An invitation, and nothing that would mean anything in HTML. */
const INVITATION = /^\/\?_oob=[\w-]{1,8000}$/;

/** For people who were invited and have no app. Of the request nothing is in it but what {@link INVITATION} lets through. */
function webPeerLink(url: string): string {
  const fragment = INVITATION.test(url) ? `#${url.slice(1)}` : '';
  return `<p><a href="peer/${fragment}">Write messages in this browser</a>, without an app.</p>\n`;
}

/**
 * Answers what is not DIDComm: a person who opened an invitation in a browser learns what to do with it. `hasWebPeer`: also in this
 * browser.
 */
export function createBrowserPage(hasWebPeer: boolean): RequestListener {
  return (request, response) => answer(request, response, hasWebPeer);
}

function answer(request: IncomingMessage, response: ServerResponse, hasWebPeer: boolean): void {
  const isRoot = /^\/(\?|$)/.test(request.url ?? '/');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRoot || !isRead) {
    const status = isRoot ? 405 : 404;
    response.writeHead(status, { 'content-length': 0, ...(isRoot ? { allow: 'GET, HEAD, POST' } : {}) }).end();
    return;
  }
  const body = Buffer.from(page(hasWebPeer ? webPeerLink(request.url ?? '/') : ''));
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
