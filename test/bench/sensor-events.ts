import { utf8 } from '../../src/core/bytes.js';
import { silentLogger } from '../../src/core/logger.js';
import type { DeviceFrame, Outlet } from '../../src/sensor/reading.js';
import { type Rule, select } from '../../src/sensor/rules/rule.js';
import { createSensorRules } from '../../src/sensor/rules/sensor-rules.js';
import { toWaiting } from '../../src/sensor/rules/waiting.js';
import { readingsMessage } from '../../src/sensor/sensor-data/messages.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { PlainOutbox } from '../support/agent-outbox.js';
import { deviceFrame } from '../support/device-frames.js';
import type { ManualClock } from '../support/manual-clock.js';
import { ManualScheduler } from '../support/manual-scheduler.js';
import { rule } from '../support/rules.js';
import { envelopesOf, newIdentity, primitives } from '../support/station.js';
import type { Measurement } from './report.js';

/* What an event takes on its way to an agent, packed, against one message for each reading. */

const AT = Date.UTC(2026, 0, 1);

const CASES: readonly (readonly [name: string, changes: Partial<Rule>, readings: number, batch: number])[] = [
  ['one message a reading', {}, 1, 1],
  ['batch of 10', {}, 1, 10],
  ['batch of 100', {}, 1, 100],
  ['batch of 100, 10 readings a frame', {}, 10, 100],
  ['batch of 100, signed', { isSigned: true }, 1, 100],
  ['batch of 100, signed, with frames', { isSigned: true, hasEvidence: true }, 1, 100],
  ['batch of 100, SenML', { format: 'senml' }, 1, 100],
];

/** Stores every frame as an event; nothing is sent. */
export function eventOutlet(store: MessageStore, clock: ManualClock): Outlet {
  const scheduler = new ManualScheduler(clock);
  const outbox = new PlainOutbox(store);
  return createSensorRules({ rules: [rule()], store, outbox, primitives, clock, scheduler, logger: silentLogger })
    .outlet;
}

/** Bytes of packed DIDComm messages for each event and for each reading in it. */
export async function measureUpstream(): Promise<readonly Measurement[]> {
  const [gateway, agent] = [newIdentity(), newIdentity()];
  const envelopes = envelopesOf([gateway]);
  const signBy = gateway.secrets.find(({ crv }) => crv === 'Ed25519')?.kid ?? gateway.did;
  const measurements: Measurement[] = [];
  for (const [name, changes, readings, batch] of CASES) {
    const configured = rule(changes);
    const frames = Array.from({ length: batch }, (_, i) => frameOf(i, readings));
    const waiting = frames.map((frame) => {
      const chosen = select(configured, frame) ?? { readings: [], isAlarm: false };
      return toWaiting(configured, frame, chosen, primitives);
    });
    const { type, body, attachments = [] } = readingsMessage(waiting, AT);
    const message = { id: '0123456789abcdef0123456789abcdef', type, body, attachments };
    const to = [agent.did];
    const [envelope] = await envelopes.pack(
      { ...message, from: gateway.did, to },
      configured.isSigned ? { mode: 'anon', signBy, to } : { mode: 'auth', from: gateway.did, to },
    );
    const bytes = utf8(envelope?.packed ?? '').length;
    const row = (subject: string, value: number, unit: string) => ({
      bench: 'sensor',
      case: name,
      subject,
      value,
      unit,
    });
    measurements.push(
      row('upstream', Math.round(bytes / batch), 'bytes/event'),
      row('upstream, a reading', Math.round(bytes / batch / readings), 'bytes/reading'),
    );
  }
  return measurements;
}

/** As a device of 36 bytes a reading makes it. */
function frameOf(counter: number, readings: number): DeviceFrame {
  const values = Array.from({ length: readings }, (_, i) => ({
    name: 'temp',
    unit: 'Cel',
    value: 20 + i / 10,
    timeMs: AT + (counter * readings + i) * 1000,
  }));
  const content = primitives.randomBytes(24 + 12 * readings);
  return deviceFrame({ counter, readings: values, content, externalAad: new Uint8Array(18) });
}
