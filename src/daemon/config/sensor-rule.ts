import { isUriTemplate } from '../../sensor/rules/device-uri.js';
import { byteCount, choice, decimal, listOf, text, wholeNumber } from './kinds.js';
import { setting } from './section.js';
import { did } from './value-kinds.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
/** An agent's DID is part of the name of a queue. */
const MAX_AGENT_CHARS = 2000;

const NAME = /^[\w-]{1,60}$/;
const TYPE = /^[\x21-\x3c\x3e-\x7e]{1,100}=([A-Z][A-Za-z]{1,60}|[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,500})$/;

const pattern = text('1 to 100 printable characters, * for any', (value) => /^[\x21-\x7e]{1,100}$/.test(value));
const agent = text(`a DID of at most ${MAX_AGENT_CHARS} characters without a fragment`, (value) => {
  return value.length <= MAX_AGENT_CHARS && did.read(value, [], []) !== undefined;
});
const NONE: readonly string[] = [];

/** One of `sensors.rules`. */
export const SENSOR_RULE = {
  name: setting(
    text('1 to 60 letters, digits, - or _', (value) => NAME.test(value)),
    'readings',
    'Its name, unique: in "waypost status" and in the names of queues.',
  ),
  devices: setting(listOf(pattern), ['*'], 'Ids of devices, * for any characters.'),
  quantities: setting(listOf(pattern), NONE, 'Names of readings, * for any characters; none: all.'),
  agents: setting(listOf(agent, 16), NONE, 'The DIDs that get the readings.'),
  format: setting(choice('epcis', 'senml'), 'epcis', 'epcis: events of EPCIS 2.0; senml: as the device said it.'),
  deviceUri: setting(
    text('a URI with {device} in it, or {device}', isUriTemplate),
    '{device}',
    'For epcis: what agents call a device; {device} is its id.',
  ),
  types: setting(
    listOf(
      text('NAME=TYPE, TYPE a gs1:MeasurementType or a URI', (value) => TYPE.test(value)),
      100,
    ),
    NONE,
    'For epcis: what readings of a name are, where their unit does not say it.',
  ),
  oneIn: setting(wholeNumber(0, 1_000_000), 1, 'One frame in so many is sent; 0: only what is beyond a threshold.'),
  above: setting<number | undefined>(decimal, undefined, 'Readings above it are always sent.'),
  below: setting<number | undefined>(decimal, undefined, 'Readings below it are always sent.'),
  evidence: setting(choice('none', 'frames'), 'none', 'frames: the frames as devices made them travel along.'),
  signed: setting(choice('off', 'on'), 'off', 'on: signed, so that an agent can show others what it got.'),
  sample: setting(choice('off', 'on'), 'off', 'on: waiting readings may be thinned when room is short.'),
  waitingEvents: setting(wholeNumber(10, 10_000_000), 50_000, 'Events that wait for an agent before they are thinned.'),
  batchEvents: setting(wholeNumber(1, 1000), 100, 'Events in one message at most.'),
  batchBytes: setting(byteCount(KIB, 4 * MIB), 64 * KIB, 'Their bytes at most, before they are packed.'),
  batchSeconds: setting(wholeNumber(0, 86_400), 60, 'Seconds that an event waits for others.'),
};
