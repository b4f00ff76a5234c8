import type { Output } from './io.js';
import { terminalQrCode } from './qr-code.js';

/** The invitation as a URL below its QR code, where there is room for that. */
export function writeInvitation(output: Output, invitation: string, force = false): void {
  if (force || output.isTTY === true) {
    const code = terminalQrCode(invitation, output.isTTY === true);
    const available = output.columns ?? Number.POSITIVE_INFINITY;
    if (force || code.columns <= available) output.write(code.text);
    else output.write(`(The QR code needs ${code.columns} columns; this terminal has ${available}.)\n`);
  }
  output.write(`${invitation}\n`);
}
