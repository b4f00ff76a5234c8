import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualController } from '../../firmware-sim/bluetooth/controller.js';
import { BOUNDARY, EVENT, OPCODE, PACKET_TYPE } from '../../firmware-sim/bluetooth/hci/codes.js';
import { addressOctets, u16 } from '../../firmware-sim/bluetooth/hci/octets.js';
import { aclPacket, commandPacket } from '../../firmware-sim/bluetooth/hci/packets.js';
import { Radio } from '../../firmware-sim/bluetooth/radio.js';
import { Timeline } from '../../firmware-sim/bluetooth/timeline.js';
import { seededRandom } from '../../firmware-sim/random.js';
import { concatBytes } from '../../src/core/bytes.js';
import { runs } from '../support/fuzz.js';

const HANDLE = 0x40;
const ACL_PACKETS = 4;

/** A host that sends its PDUs as fast as flow control lets it, and keeps what arrives. */
class Host {
  readonly controller: VirtualController;
  readonly arrived: Uint8Array[] = [];
  readonly #waiting: Uint8Array[] = [];
  #credits = ACL_PACKETS;
  isConnected = false;

  constructor(radio: Radio, address: string, maxDataOctets: number) {
    this.controller = new VirtualController({ radio, address, maxDataOctets, aclPackets: ACL_PACKETS });
    this.controller.onPacket = (packet) => this.#take(packet);
  }

  send(pdus: readonly Uint8Array[]): void {
    this.#waiting.push(...pdus);
    this.#push();
  }

  #take(packet: Uint8Array): void {
    if (packet[0] === PACKET_TYPE.acl) {
      const piece = packet.subarray(5);
      const isFirst = (packet[2] ?? 0) >>> 4 === BOUNDARY.first;
      if (isFirst) this.arrived.push(piece);
      else this.arrived.push(concatBytes(this.arrived.pop() ?? new Uint8Array(0), piece));
    } else if (packet[1] === EVENT.numberOfCompletedPackets) {
      this.#credits += packet[6] ?? 0;
      this.#push();
    } else if (packet[1] === EVENT.leMeta) this.isConnected = true;
  }

  #push(): void {
    for (; this.#credits > 0; this.#credits--) {
      const pdu = this.#waiting.shift();
      if (pdu === undefined) return;
      this.controller.write(aclPacket(HANDLE, BOUNDARY.firstFromHost, pdu));
    }
  }
}

const pdus = fc.array(fc.uint8Array({ minLength: 1, maxLength: 251 }), { maxLength: 30 });

test('whatever is lost on the air, both hosts get all that was sent, once and in order', () => {
  const settings = fc.record({
    seed: fc.nat(),
    lossRate: fc.double({ min: 0, max: 0.4, noNaN: true }),
    maxExchangesPerEvent: fc.integer({ min: 1, max: 8 }),
    octets: fc.tuple(fc.integer({ min: 27, max: 251 }), fc.integer({ min: 27, max: 251 })),
    up: pdus,
    down: pdus,
  });
  fc.assert(
    fc.property(settings, ({ seed, lossRate, maxExchangesPerEvent, octets, up, down }) => {
      const timeline = new Timeline();
      const radio = new Radio({ timeline, random: seededRandom(seed), maxExchangesPerEvent });
      const central = new Host(radio, 'c0:ff:ee:00:00:01', octets[0]);
      const peripheral = new Host(radio, 'c0:ff:ee:00:00:02', octets[1]);
      connect(central, peripheral, timeline);
      radio.lossRate = lossRate;
      central.send(up);
      peripheral.send(down);
      timeline.advance(60_000);
      expect(peripheral.arrived).toEqual(up);
      expect(central.arrived).toEqual(down);
    }),
    runs(50),
  );
});

function connect(central: Host, peripheral: Host, timeline: Timeline): void {
  const address = addressOctets(peripheral.controller.address);
  // 15 ms, and a supervision timeout that this much loss does not reach
  const timing = [...u16(12), ...u16(12), 0, 0, ...u16(3200), 0, 0, 0, 0];
  peripheral.controller.write(commandPacket(OPCODE.leSetAdvertisingParameters, [0xa0, ...Array(14).fill(0)]));
  peripheral.controller.write(commandPacket(OPCODE.leSetAdvertisingEnable, [1]));
  central.controller.write(
    commandPacket(OPCODE.leCreateConnection, [0x60, 0, 0x30, 0, 0, 0, ...address, 0, ...timing]),
  );
  timeline.advance(1000);
  expect([central.isConnected, peripheral.isConnected]).toEqual([true, true]);
}
