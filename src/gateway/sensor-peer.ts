import type { SensorPeer } from '../sensor/sensors.js';
import type { Channel } from '../transport/transport.js';
import type { PeerConnection } from './peer-connection.js';

/** A channel as sensors see it. One for each channel: by it they know where a device is. */
export function sensorPeerOf(channel: Channel, connection: PeerConnection): SensorPeer {
  const { deviceId, replies } = channel;
  return {
    source: connection.source,
    canReply: replies !== 'none',
    ...(replies === 'many' ? { send: (message: Uint8Array) => channel.send(message) } : {}),
    ...(deviceId === undefined ? {} : { deviceId }),
    onClose: (run) => connection.onClose(run),
  };
}
