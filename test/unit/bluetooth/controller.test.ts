import { describe, expect, test } from 'vitest';
import { type ControllerOptions, VirtualController } from '../../../firmware-sim/bluetooth/controller.js';
import { BOUNDARY, OPCODE } from '../../../firmware-sim/bluetooth/hci/codes.js';
import { addressOctets, u16 } from '../../../firmware-sim/bluetooth/hci/octets.js';
import { aclPacket, commandPacket } from '../../../firmware-sim/bluetooth/hci/packets.js';
import { Radio, type RadioOptions } from '../../../firmware-sim/bluetooth/radio.js';
import { Timeline } from '../../../firmware-sim/bluetooth/timeline.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { toHex } from '../../../src/core/bytes.js';

const HANDLE = 0x40;

describe('commands', () => {
  const answers: readonly [string, number, readonly number[], string][] = [
    ['Read BD_ADDR', OPCODE.readBdAddr, [], '040e0a0109100001 0000eeffc0'],
    ['LE Read Buffer Size', OPCODE.leReadBufferSize, [], '040e0701022000fb0008'],
    ['LE Read Local Supported Features', OPCODE.leReadLocalFeatures, [], '040e0c01032000 2000000000000000'],
    ['LE Read Maximum Data Length', OPCODE.leReadMaximumDataLength, [], '040e0c012f2000 fb004808fb004808'],
    ['a command of newer controllers', 0x2041, [0, 0, 1], '040e0401412001'],
    ['too few parameters', OPCODE.leSetScanEnable, [1], '040e04010c2012'],
    ['a connection that does not exist', OPCODE.disconnect, [0x40, 0, 0x13], '040f0402010604'],
    ['advertising data of 32 bytes', OPCODE.leSetAdvertisingData, [32, ...Array(32).fill(0)], '040e0401082012'],
    ['nothing to cancel', OPCODE.leCreateConnectionCancel, [], '040e04010e200c'],
    ['a supervision timeout below two intervals', OPCODE.leCreateConnection, create(2, 100, 20), '040f0412010d20'],
  ];
  test.each(answers)('%s', (_name, opcode, parameters, hex) => {
    const { controllers, run } = world();
    const [controller] = controllers;
    controller?.write(commandPacket(opcode, parameters));
    expect(run(0)).toEqual([hex.replaceAll(' ', '')]);
  });

  test('scan parameters cannot change while it scans', () => {
    const { send, run } = world();
    send(0, OPCODE.leSetScanEnable, [1, 0]);
    send(0, OPCODE.leSetScanParameters, [1, 0x10, 0, 0x10, 0, 0, 0]);
    expect(run(0)).toEqual(['040e04010c2000', '040e04010b200c']);
  });

  test('a second connection request, and the first one withdrawn', () => {
    const { send, run } = world();
    send(0, OPCODE.leCreateConnection, create(2));
    send(0, OPCODE.leCreateConnection, create(3));
    send(0, OPCODE.leCreateConnectionCancel);
    const cancelled = '043e13010200000000020000eeffc000000000000000';
    expect(run(0)).toEqual(['040f0400010d20', '040f040c010d20', '040e04010e2000', cancelled]);
  });

  test('without power nothing is answered', () => {
    const { controllers, send, run } = world();
    controllers[0]?.power(false);
    send(0, OPCODE.reset);
    expect(run(0)).toEqual([]);
  });
});

describe('connections', () => {
  test('both hosts are told, data go in pieces, and what has arrived is counted', () => {
    const { controllers, send, run } = connected({ maxDataOctets: 27 });
    const pdu = Uint8Array.from({ length: 60 }, (_, index) => index);
    controllers[0]?.write(aclPacket(HANDLE, BOUNDARY.firstFromHost, pdu));
    expect(run(0)).toEqual(['0413050140000100']);
    const pieces = [pdu.subarray(0, 27), pdu.subarray(27, 54), pdu.subarray(54)];
    expect(run(1)).toEqual(
      pieces.map((piece, index) => toHex(aclPacket(HANDLE, index === 0 ? BOUNDARY.first : BOUNDARY.continuing, piece))),
    );
    send(1, OPCODE.disconnect, [...u16(HANDLE), 0x13]);
    expect(run(1)).toEqual(['040f0400010604', '04050400400016']);
    expect(run(0)).toEqual(['04050400400013']);
  });

  test('the longest payload is agreed without the hosts, and told to those who want to know', () => {
    const { run } = connected({}, { leEvents: 0x5f });
    expect(run(0)).toEqual([]);
    const { eventsWhileConnecting } = connected({}, { leEvents: 0x5f });
    expect(eventsWhileConnecting[0]?.at(-1)).toBe('043e0b074000fb004808fb004808');
    expect(connected({}).eventsWhileConnecting[0]?.some((event) => event.startsWith('043e0b07'))).toBe(false);
  });

  test('a central changes the interval, and both hosts hear of it', () => {
    const { send, run } = connected();
    send(0, OPCODE.leConnectionUpdate, [...u16(HANDLE), ...u16(40), ...u16(40), 0, 0, ...u16(100), 0, 0, 0, 0]);
    const updated = '043e0a03004000280000006400';
    expect(run(0)).toEqual(['040f0400011320', updated]);
    expect(run(1)).toEqual([updated]);
  });

  test('a packet too many, or too long, is the mistake of the host', () => {
    const { controllers } = connected({ aclPackets: 2, aclOctets: 30 });
    const write = (length: number) =>
      controllers[0]?.write(aclPacket(HANDLE, BOUNDARY.firstFromHost, new Uint8Array(length)));
    expect(() => write(31)).toThrow('31 bytes of ACL data where the controller takes 30');
    write(30);
    write(30);
    expect(() => write(30)).toThrow('more than 2 ACL packets');
  });

  test('no room for one more: neither asking for one nor inviting one', () => {
    const { send, run } = connected({ maxConnections: 1 });
    send(0, OPCODE.leCreateConnection, create(3));
    send(1, OPCODE.leSetAdvertisingEnable, [1]);
    expect(run(0)).toEqual(['040f0409010d20']);
    expect(run(1)).toEqual(['040e04010a2009']);
  });

  test('a connect request that gets lost: the central gives up soon, the peripheral knows nothing', () => {
    const { eventsWhileConnecting } = connected(
      {},
      {
        intercept: (packet, next) => {
          if (packet.layer !== 'air' || packet.kind !== 'connect') next();
        },
      },
    );
    expect(eventsWhileConnecting[0]).toContain('0405040040003e');
    expect(eventsWhileConnecting[1]?.some((event) => event.startsWith('043e'))).toBe(false);
  });

  test('a lost packet ends the meeting: what it carried comes an interval later', () => {
    const sentUs: number[] = [];
    let losses = 0;
    const { controllers, radio } = connected(
      {},
      {
        intercept: (packet, next) => {
          const isData = packet.layer === 'air' && packet.kind === 'data' && packet.octets === 20;
          if (isData) sentUs.push(radio.timeline.nowUs);
          if (!isData || losses-- <= 0) next();
        },
      },
    );
    losses = 2;
    controllers[0]?.write(aclPacket(HANDLE, BOUNDARY.firstFromHost, new Uint8Array(20)));
    radio.timeline.advance(200);
    const [first = 0] = sentUs;
    expect(sentUs.map((atUs) => atUs - first)).toEqual([0, 30_000, 60_000]);
  });

  test('signal strength falls with distance', () => {
    const { controllers, send, run } = connected();
    const readRssi = () => {
      send(0, OPCODE.readRssi, u16(HANDLE));
      return run(0)[0]?.slice(-2);
    };
    expect(readRssi()).toBe('e7'); // -25 dBm: 10 cm
    for (const controller of controllers.slice(1)) controller.position = { x: 10, y: 0 };
    expect(readRssi()).toBe('bf'); // -65 dBm
  });
});

/** Parameters of LE Create Connection with the device whose address ends in `peer`; interval in 1.25 ms, timeout in 10 ms. */
function create(peer: number, interval = 24, timeout = 100): number[] {
  const address = addressOctets(`c0:ff:ee:00:00:0${peer}`);
  const timing = [...u16(interval), ...u16(interval), 0, 0, ...u16(timeout)];
  return [0x60, 0, 0x30, 0, 0, 0, ...address, 0, ...timing, 0, 0, 0, 0];
}

function world(options: Partial<ControllerOptions> = {}, radioOptions: Partial<RadioOptions> = {}) {
  const timeline = new Timeline();
  const radio = new Radio({ timeline, random: seededRandom(1), ...radioOptions });
  const events: string[][] = [];
  const controllers = [1, 2, 3].map((number, index) => {
    const controller = new VirtualController({ radio, address: `c0:ff:ee:00:00:0${number}`, ...options });
    const own: string[] = [];
    events[index] = own;
    controller.onPacket = (packet) => own.push(toHex(packet));
    return controller;
  });
  return {
    radio,
    controllers,
    send: (index: number, opcode: number, parameters: readonly number[] = []) =>
      controllers[index]?.write(commandPacket(opcode, parameters)),
    /** Lets a second pass; what the controller told its host since it was asked last. */
    run: (index: number) => {
      timeline.advance(1000);
      return events[index]?.splice(0) ?? [];
    },
  };
}

/** The first controller connected to the second, as handle 0x40 on both sides. */
function connected(
  options: Partial<ControllerOptions> = {},
  { leEvents = 0x1f, ...radio }: Partial<RadioOptions> & { leEvents?: number } = {},
) {
  const made = world(options, radio);
  for (const index of [0, 1]) made.send(index, OPCODE.leSetEventMask, [leEvents, 0, 0, 0, 0, 0, 0, 0]);
  made.send(1, OPCODE.leSetAdvertisingParameters, [0xa0, 0, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0]);
  made.send(1, OPCODE.leSetAdvertisingEnable, [1]);
  made.send(0, OPCODE.leCreateConnection, create(2));
  return { ...made, eventsWhileConnecting: [made.run(0), made.run(1)] };
}
