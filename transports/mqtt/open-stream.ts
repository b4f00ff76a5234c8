import type { Duplex } from 'node:stream';
import type { buildConnector } from 'undici';
import { createWebSocketStream, WebSocket } from 'ws';
import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { urlHost } from '../../src/net/client-address.js';
import { failureReason } from '../../src/net/failure-reason.js';
import type { Broker } from './topics.js';

/** Where brokers that speak MQTT over WebSocket have it, by convention; an address has no room for another path. */
const WEBSOCKET_PATH = '/mqtt';
const SUBPROTOCOL = 'mqtt'; // MQTT 5.0, 6.0

/**
 * A stream of bytes to a broker, over a socket of `connect`. Throws ERR_NETWORK (retryable), ERR_ADDRESS_REFUSED, or the
 * signal's reason.
 */
export async function openStream(
  broker: Broker,
  connect: buildConnector.connector,
  maxPacketBytes: number,
  signal: AbortSignal,
): Promise<Duplex> {
  try {
    const socket = await openSocket(broker, connect, signal);
    return broker.isWebSocket ? await upgrade(broker, socket, maxPacketBytes, signal) : socket;
  } catch (error) {
    signal.throwIfAborted();
    if (isWaypostError(error)) throw error;
    const what = `${quote(broker.origin, 200)}: ${failureReason(error)}`;
    throw new WaypostError('ERR_NETWORK', what, { cause: error, retryable: true });
  }
}

async function openSocket(broker: Broker, connect: buildConnector.connector, signal: AbortSignal): Promise<Duplex> {
  const { hostname, port, isEncrypted } = broker;
  const host = `${urlHost(hostname)}:${port}`;
  const target = { protocol: isEncrypted ? 'https:' : 'http:', host, hostname, port: String(port) };
  const opening = new Promise<Duplex>((resolve, reject) => {
    connect(target, (error, socket) => (error === null && socket !== null ? resolve(socket) : reject(error)));
  });
  try {
    return await unlessAborted(opening, signal);
  } catch (error) {
    opening.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  }
}

/** What is inside the frames of a WebSocket, as one stream. */
async function upgrade(broker: Broker, socket: Duplex, maxPayload: number, signal: AbortSignal): Promise<Duplex> {
  const url = `ws://${urlHost(broker.hostname)}:${broker.port}${WEBSOCKET_PATH}`; // the socket is encrypted already
  const webSocket = new WebSocket(url, SUBPROTOCOL, {
    maxPayload,
    perMessageDeflate: false,
    followRedirects: false,
    createConnection: () => socket as ReturnType<typeof import('node:net').connect>,
  });
  const opening = new Promise<Duplex>((resolve, reject) => {
    webSocket.once('open', () => resolve(streamOf(webSocket)));
    webSocket.on('error', reject); // after `open` the stream tells
  });
  try {
    return await unlessAborted(opening, signal);
  } catch (error) {
    webSocket.terminate();
    throw error;
  }
}

/**
 * What is written together travels in one frame: a packet of MQTT is some seven writes, and brokers look at the frames of
 * one connection one after the other (Mosquitto 2.0 with up to 100 ms between them).
 */
function streamOf(webSocket: WebSocket): Duplex {
  const stream = createWebSocketStream(webSocket);
  stream._writev = (writes, done) => {
    stream._write(Buffer.concat(writes.map(({ chunk }) => chunk as Uint8Array)), 'binary', done);
  };
  return stream;
}
