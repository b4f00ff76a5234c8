import { quote, WaypostError } from '../../src/core/errors.js';

/** When frames carry parity bytes with which damaged ones can be repaired (docs/transports/framing.md). */
export type ForwardErrorCorrection = 'auto' | 'on' | 'off';

/** What a serial address says. Data bits, parity and stop bits are 8N1 always: every byte value occurs in frames. */
export interface SerialAddress {
  /** The device file, such as `/dev/serial/by-id/usb-FTDI_...-if00-port0`. */
  readonly path: string;
  readonly baudRate: number;
  readonly flowControl: 'none' | 'rtscts';
  readonly fec: ForwardErrorCorrection;
}

const SCHEME = 'serial:';
const MAX_PATH_CHARS = 400;
const MIN_BAUD_RATE = 300;
const MAX_BAUD_RATE = 4_000_000;

const FLOW_CONTROL = ['none', 'rtscts'] as const;
const FEC = ['auto', 'on', 'off'] as const;
const PARAMETERS = ['baudRate', 'flowControl', 'fec'];

/**
 * `serial:PATH?baudRate=115200&flowControl=none&fec=auto`, these being the initial values
 * (docs/transports/serial.md, "Address"). Throws ERR_INVALID_ARGUMENT.
 */
export function parseSerialAddress(address: string): SerialAddress {
  const url = address.startsWith(SCHEME) && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.host !== '' || url.hash !== '') {
    throw invalid(address, 'it is not of the form serial:/dev/...?baudRate=115200');
  }
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw invalid(address, `${quote(name)} is none of ${PARAMETERS.join(', ')}`);
    if (url.searchParams.getAll(name).length > 1) throw invalid(address, `${name} is given twice`);
  }
  const choose = <T extends string>(name: string, values: readonly [T, ...T[]]): T => {
    const given = url.searchParams.get(name) ?? values[0];
    const known = values.find((value) => value === given);
    if (known === undefined) throw invalid(address, `${name} is one of ${values.join(', ')}`);
    return known;
  };
  return {
    path: pathOf(address, url),
    baudRate: baudRateOf(address, url.searchParams.get('baudRate') ?? '115200'),
    flowControl: choose('flowControl', FLOW_CONTROL),
    fec: choose('fec', FEC),
  };
}

function pathOf(address: string, url: URL): string {
  let path = '';
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    // A lone per cent sign: no path comes of it.
  }
  const isPath = path.startsWith('/') && path.length <= MAX_PATH_CHARS && !/\p{Cc}/u.test(path);
  if (!isPath) throw invalid(address, `its path must be absolute and of at most ${MAX_PATH_CHARS} characters`);
  return path;
}

function baudRateOf(address: string, text: string): number {
  const rate = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= MIN_BAUD_RATE && rate <= MAX_BAUD_RATE) return rate;
  throw invalid(address, `baudRate is a whole number from ${MIN_BAUD_RATE} to ${MAX_BAUD_RATE}`);
}

function invalid(address: string, why: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is not a serial address: ${why}`);
}
