import { expect, test } from 'vitest';
import { parseSerialAddress } from '../../../../transports/serial/address.js';

test('a path alone has the usual settings', () => {
  const usual = { baudRate: 115_200, flowControl: 'none', fec: 'auto' };
  expect(parseSerialAddress('serial:/dev/ttyUSB0')).toEqual({ path: '/dev/ttyUSB0', ...usual });
  const byId = '/dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART-if00-port0';
  expect(parseSerialAddress(`serial:${byId}`).path).toBe(byId);
  expect(parseSerialAddress('serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1%3A1.0-port0').path).toBe(
    '/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0',
  );
});

test('settings are read', () => {
  expect(parseSerialAddress('serial:/dev/ttyAMA0?baudRate=9600&flowControl=rtscts&fec=on')).toEqual({
    path: '/dev/ttyAMA0',
    baudRate: 9600,
    flowControl: 'rtscts',
    fec: 'on',
  });
});

test.each([
  ['ttyUSB0', 'of the form'],
  ['http:/dev/ttyUSB0', 'of the form'],
  ['serial:ttyUSB0', 'absolute'],
  ['serial://host/dev/ttyUSB0', 'of the form'],
  ['serial:/dev/ttyUSB0#x', 'of the form'],
  ['serial:/dev/%00', 'absolute'],
  ['serial:/dev/%', 'absolute'],
  [`serial:/${'x'.repeat(500)}`, 'at most 400'],
  ['serial:/dev/x?baudRate=0', 'from 300 to 4000000'],
  ['serial:/dev/x?baudRate=1e5', 'from 300 to 4000000'],
  ['serial:/dev/x?baudRate=99999999999', 'from 300 to 4000000'],
  ['serial:/dev/x?baudRate=9600&baudRate=19200', 'twice'],
  ['serial:/dev/x?baudrate=9600', 'none of'],
  ['serial:/dev/x?flowControl=xonxoff', 'one of none, rtscts'],
  ['serial:/dev/x?fec=maybe', 'one of auto, on, off'],
])('%s is refused', (address, why) => {
  expect(() => parseSerialAddress(address)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining(why) }),
  );
});
