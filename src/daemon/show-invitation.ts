import type { Output } from './io.js';

/** The invitation as a URL below its QR code, where there is room for that. */
export async function writeInvitation(output: Output, invitation: string, force = false): Promise<void> {
  if (force || output.isTTY === true) {
    // It makes tables when it is loaded, which a service in the background can do without.
    const { terminalQrCode } = await import('./qr-code.js');
    const code = terminalQrCode(invitation, output.isTTY === true);
    const available = output.columns ?? Number.POSITIVE_INFINITY;
    if (force || code.columns <= available) output.write(code.text);
    else output.write(`(The QR code needs ${code.columns} columns; this terminal has ${available}.)\n`);
  }
  output.write(`${invitation}\n`);
}
