import { createSocket } from 'node:dgram';
import { decode, encode } from 'dns-packet';
import { expect, it, onTestFinished } from 'vitest';
import { hasMulticast } from '../../support/multicast.js';
import { buildCommand, startGateway, testFolder } from '../../support/processes.js';

it.skipIf(!(await hasMulticast()))(
  'a gateway is found in its local network by its DID, when that is wanted',
  async () => {
    const bin = await buildCommand();
    const options = { env: { WAYPOST_MDNS: 'on', WAYPOST_NAME: 'Boat 7' } };
    const gateway = await startGateway(bin, ['--data', await testFolder(), '--http', '0.0.0.0:0'], options);

    const socket = createSocket('udp4');
    onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    const question = encode({ type: 'query', id: 1, questions: [{ name: '_didcomm._tcp.local', type: 'PTR' }] });
    const records: string[] = [];
    socket.on('message', (bytes) => {
      const { answers = [], additionals = [] } = decode(bytes);
      records.push(...[...answers, ...additionals].map((record) => `${record.name} ${JSON.stringify(record)}`));
    });
    const port = Number(new URL(gateway.http).port);
    await expect
      .poll(
        () => {
          socket.send(question, 5353, '224.0.0.251');
          return records.some((record) => record.startsWith('Boat 7 ') && record.includes(`"port":${port}`));
        },
        { timeout: 10_000, interval: 200 },
      )
      .toBe(true);
    expect(await gateway.stop()).toBe(0);
  },
);
