import encodeQR from 'qr';

/** Light modules around the code; scanners manage with two, and the standard's four are two more lines and columns. */
const QUIET_MODULES = 2;
const LIGHT_ON_DARK = '\x1b[40;97m';
const RESET = '\x1b[0m';

export interface TerminalCode {
  /** With a line break at the end. */
  readonly text: string;
  /** Characters of a line. */
  readonly columns: number;
}

/**
 * A QR code for a terminal, two modules a character: a character cell is twice as high as wide. What is light is drawn,
 * so that it can be scanned on a dark background; with `colour`, on every background. Throws when `content` is longer
 * than the 2953 bytes that a code can hold.
 */
export function terminalQrCode(content: string, colour: boolean): TerminalCode {
  const modules = encodeQR(content, 'raw', { ecc: 'low', border: QUIET_MODULES });
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const lower = modules[row + 1];
    const cells = (modules[row] ?? []).map((isDark, column) => cell(!isDark, lower?.[column] === false));
    const line = cells.join('');
    lines.push(colour ? `${LIGHT_ON_DARK}${line}${RESET}` : line);
  }
  return { text: `${lines.join('\n')}\n`, columns: modules.length };
}

function cell(isUpperLight: boolean, isLowerLight: boolean): string {
  if (isUpperLight) return isLowerLight ? '█' : '▀';
  return isLowerLight ? '▄' : ' ';
}
