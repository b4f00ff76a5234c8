import { Readable } from 'node:stream';
import type { IStore } from 'mqtt';

/**
 * The store of MQTT.js that keeps nothing. Its own would be a queue in memory that looks durable; what has to last lies in the
 * store of the gateway, and what the broker did not acknowledge fails there.
 */
export const nothingKept: IStore = {
  put(_packet, done) {
    done();
    return nothingKept;
  },
  del(_packet, done) {
    done();
    return nothingKept;
  },
  get(_packet, done) {
    done(new Error('nothing is kept'));
    return nothingKept;
  },
  createStream: () => Readable.from([]) as ReturnType<IStore['createStream']>,
  close: (done) => done(),
};
