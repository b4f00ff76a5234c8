import { choice, listOf, text } from './kinds.js';
import { recordOf, secretSetting, section, setting } from './section.js';
import {
  filePath,
  type ListenAddress,
  listenAddressOrOff,
  mqttListenAddress,
  mqttOrigin,
  mqttTopic,
  passwordHash,
} from './value-kinds.js';

const NONE: readonly string[] = [];
const name = text('1 to 200 printable characters', (value) => /^[^\p{C}]{1,200}$/u.test(value));
const password = text('1 to 1000 characters', (value) => value.length > 0 && value.length <= 1000);
const filters = listOf(
  text('a topic filter', (value) => /^[^$\p{C}][^\p{C}]{0,199}$/u.test(value)),
  100,
);

const credentials = {
  origin: setting(mqttOrigin, 'mqtt://localhost:1883', 'The broker.'),
  username: setting<string | undefined>(name, undefined, 'The user name there.'),
  password: secretSetting<string | undefined>(password, undefined, 'Its password.'),
  ca: setting<string | undefined>(
    filePath,
    undefined,
    'A file of certificates (PEM) of authorities that may vouch for it, beside the public ones.',
  ),
};

const user = {
  name: setting(name, 'device', 'The user name.'),
  password: secretSetting(passwordHash, '', 'What "waypost config hash-password" prints for its password.'),
  publish: setting(
    filters,
    NONE,
    'Topic filters that it may publish to; %u is the user name, %c the client identifier.',
  ),
  subscribe: setting(filters, NONE, 'Topic filters that it may subscribe to; the same.'),
};

/** Everything about MQTT; nothing of it is on unless asked for. */
export const MQTT = section('MQTT (docs/transports/mqtt.md). Nothing of it is on unless asked for.', {
  listen: setting(
    listOf(mqttListenAddress, 16),
    NONE,
    'Topics to listen on, at brokers elsewhere: where messages for this gateway arrive, and frames of devices.',
  ),
  brokers: setting(
    listOf(recordOf(credentials), 16),
    [],
    'Brokers that ask who we are, and brokers in private networks: each with an origin; a username and password; ca where no public authority vouches for it.',
  ),
  dial: setting(choice('off', 'on'), 'off', 'on: messages for DIDs with an endpoint on MQTT leave that way too.'),
  broker: section('The embedded broker (MQTT 3.1.1), for sites that have none.', {
    listen: setting<ListenAddress | 'off'>(
      listenAddressOrOff,
      'off',
      'Address to listen on, such as 127.0.0.1:1883; off: there is none. It is not encrypted.',
    ),
    topics: setting(
      listOf(mqttTopic, 16),
      NONE,
      'Where this gateway listens on it: didcomm/gateway/in, plant/device/+/up.',
    ),
    users: setting(
      listOf(recordOf(user), 1000),
      [],
      'Who may use it. Each has a name, a password, and what it may publish and subscribe to.',
    ),
  }),
});
