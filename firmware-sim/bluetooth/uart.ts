import type { Pty } from '../line/pty.js';
import type { Computer } from './computer.js';
import { hardwareError } from './hci/events.js';
import { H4Reader } from './hci/h4.js';
import { hciSocketClass } from './hci-socket.js';

interface UartOptions {
  /** Whose `hci0` it is, which has to be there. */
  readonly computer: Computer;
  readonly pty: Pty;
  /** Somebody wrote what is no HCI; told once until the adapter is reset. */
  readonly onNonsense: () => void;
}

/** What waits for a program that does not read. A UART would hold the line; this one loses whole packets. */
const UNREAD_BYTES = 64 * 1024;
/** Octets of a packet follow each other; after this long, the program that began it is not there any more. */
const GAP_MS = 1000;
/** Types and events all, opcodes any: the program at the other end filters for itself. */
const EVERYTHING = Uint8Array.from({ length: 14 }, (_, index) => (index < 12 ? 0xff : 0));

/**
 * Gives a virtual adapter to a program of this machine, as an HCI UART on a pseudo terminal. Programs may come and go;
 * each begins with HCI_Reset. Resolves when the terminal is gone.
 */
export async function serveUart({ computer, pty, onNonsense }: UartOptions): Promise<void> {
  const { timeline } = computer.options;
  const give = (packet: Uint8Array): void => {
    if (pty.input.writableLength < UNREAD_BYTES) pty.input.write(packet);
  };
  const socket = new (hciSocketClass(computer))();
  socket.setFilter(EVERYTHING);
  socket.bindRaw(0);
  socket.on('data', give);
  socket.start();
  const reader = new H4Reader(computer.adapter(0)?.aclOctets ?? 0);
  let wasInStep = true;
  let heardMs = timeline.nowMs();
  try {
    for await (const chunk of pty.output) {
      if (timeline.nowMs() - heardMs > GAP_MS) reader.dropIncomplete();
      heardMs = timeline.nowMs();
      for (const packet of reader.read(chunk as Uint8Array)) {
        try {
          socket.write(packet);
        } catch {
          reader.loseStep();
        }
      }
      if (wasInStep && !reader.isInStep) {
        give(hardwareError());
        onNonsense();
      }
      wasInStep = reader.isInStep;
    }
  } catch {
    // Pulled out in the middle of a chunk.
  } finally {
    socket.stop();
  }
}
