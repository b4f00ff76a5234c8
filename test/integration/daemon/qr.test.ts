import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { writePictures } from '../../../transports/qr/picture-files.js';
import { Agent } from '../../support/agent.js';
import { describeFfmpeg } from '../../support/ffmpeg.js';
import { invitationOf, makeMailbox } from '../../support/mailboxes.js';
import { buildCommand, runCommand, startGateway, testFolder } from '../../support/processes.js';
import { filmOf } from '../../support/qr-film.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

describeFfmpeg('a gateway that looks at QR codes', () => {
  it('delivers what a folder of pictures and a camera show it', async () => {
    const root = await testFolder();
    const [data, ben, pictures] = [path.join(root, 'gateway'), path.join(root, 'ben'), path.join(root, 'pictures')];
    const film = path.join(root, 'film.mjpeg');
    await mkdir(pictures);
    await writeFile(film, '');
    // At its own speed, over and over.
    const ffmpeg = 'ffmpeg -loglevel quiet -readrate 1 -f mjpeg -framerate 10 -i "$1" -c copy -f mjpeg -';
    const play = `while :; do ${ffmpeg}; sleep 0.1; done`;
    const env = {
      WAYPOST_QR_LISTEN: JSON.stringify([`qr:pictures:${pictures}`, 'qr:camera:front']),
      WAYPOST_QR_CAMERAS: JSON.stringify([{ name: 'front', command: ['sh', '-c', play, 'sh', film] }]),
    };
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const did = await makeMailbox(bin, ben, await invitationOf(bin, data));

    const ann = new Agent();
    const forward = async (text: string) => utf8(await ann.packForward(text, did, gateway.did));
    await writePictures([await forward('from a folder')], pictures, { scale: 3 });
    const shown = { periods: 8, looksAPeriod: 1, torn: 0.2, pixelsAModule: 4, random: Math.random };
    await writeFile(film, await filmOf([await forward('from a camera')], shown));

    const received = await runCommand(bin, ['recv', '--data', ben, '--count', '2', '--timeout', '30', '--json']);
    const lines = received.stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).content).sort()).toEqual(['from a camera', 'from a folder']);
    expect(await gateway.stop()).toBe(0);
  });
});
