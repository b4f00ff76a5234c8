import { describeTransport } from '../../conformance/transport.js';
import { fileFixture, httpFixture, memoryFixture, webSocketFixture } from './local.js';

describeTransport('memory', { dial: true, listen: true, acknowledged: true, duplex: true }, memoryFixture);
describeTransport('http', { dial: true, listen: true, acknowledged: true, duplex: false }, () => httpFixture());
describeTransport('websocket', { dial: true, listen: true, acknowledged: false, duplex: true }, () =>
  webSocketFixture(),
);
describeTransport('file', { dial: true, listen: true, acknowledged: false, duplex: false }, fileFixture);
