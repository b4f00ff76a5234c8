/*
 * Numbers of the Host Controller Interface. Bluetooth Core Specification 5.4, Vol 4: packet types Part A section 2,
 * commands and events Part E section 7, error codes Vol 1 Part F.
 */

/** The octet before each packet on UART and on Linux' HCI sockets. */
export const PACKET_TYPE = { command: 0x01, acl: 0x02, event: 0x04 } as const;

/** Opcodes, the OGF in the upper six bits. */
export const OPCODE = {
  disconnect: 0x0406,
  setEventMask: 0x0c01,
  reset: 0x0c03,
  readLeHostSupport: 0x0c6c,
  writeLeHostSupport: 0x0c6d,
  readLocalVersion: 0x1001,
  readBufferSize: 0x1005,
  readBdAddr: 0x1009,
  readRssi: 0x1405,
  leSetEventMask: 0x2001,
  leReadBufferSize: 0x2002,
  leReadLocalFeatures: 0x2003,
  leSetAdvertisingParameters: 0x2006,
  leSetAdvertisingData: 0x2008,
  leSetScanResponseData: 0x2009,
  leSetAdvertisingEnable: 0x200a,
  leSetScanParameters: 0x200b,
  leSetScanEnable: 0x200c,
  leCreateConnection: 0x200d,
  leCreateConnectionCancel: 0x200e,
  leConnectionUpdate: 0x2013,
  leSetDataLength: 0x2022,
  leReadMaximumDataLength: 0x202f,
} as const;

export const EVENT = {
  disconnectionComplete: 0x05,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  hardwareError: 0x10,
  numberOfCompletedPackets: 0x13,
  leMeta: 0x3e,
} as const;

/** Subevents of the LE Meta event. */
export const LE_EVENT = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
  dataLengthChange: 0x07,
} as const;

export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  connectionTimeout: 0x08,
  connectionLimit: 0x09,
  connectionExists: 0x0b,
  commandDisallowed: 0x0c,
  invalidParameters: 0x12,
  remoteUserTerminated: 0x13,
  localHostTerminated: 0x16,
  failedToEstablish: 0x3e,
} as const;

/** Role in a connection, as the LE Connection Complete event has it. */
export const ROLE = { central: 0x00, peripheral: 0x01 } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** What an advertising packet is, as the LE Advertising Report event has it (Part E, 7.7.65.2). */
export const REPORT = { connectable: 0x00, scannable: 0x02, nonConnectable: 0x03, scanResponse: 0x04 } as const;
export type ReportType = (typeof REPORT)[keyof typeof REPORT];

/** Packet boundary flag of an ACL data packet (Part E, 5.4.2). A controller starts a PDU with `first`, a host with `firstFromHost`. */
export const BOUNDARY = { firstFromHost: 0b00, continuing: 0b01, first: 0b10 } as const;
export type Boundary = (typeof BOUNDARY)[keyof typeof BOUNDARY];
