import { createSocket } from 'node:dgram';

/** Whether this machine hears its own multicast. False skips a test; with WAYPOST_CI=1 that is a failure. */
export async function hasMulticast(): Promise<boolean> {
  const works = await hearsItself();
  if (!works && process.env.WAYPOST_CI === '1') throw new Error('the tests of mDNS need multicast to work');
  return works;
}

async function hearsItself(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, resolve);
    });
    socket.addMembership('224.0.0.251');
    const heard = new Promise<boolean>((resolve) => {
      socket.once('message', () => resolve(true));
      setTimeout(resolve, 1000, false).unref();
    });
    await new Promise<void>((resolve, reject) => {
      socket.send('x', socket.address().port, '224.0.0.251', (error) => (error === null ? resolve() : reject(error)));
    });
    return await heard;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
