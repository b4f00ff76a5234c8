/** The UUIDs of waypost's own service (docs/transports/ble.md, "Native"). */
export const NATIVE_SERVICE = {
  service: '84cc8e01-8f2e-4760-a11d-9cef20aa0005',
  /** Write without response. */
  toPeripheral: '84cc8e02-8f2e-4760-a11d-9cef20aa0005',
  /** Notify. */
  toCentral: '84cc8e03-8f2e-4760-a11d-9cef20aa0005',
  /** Read. */
  information: '84cc8e04-8f2e-4760-a11d-9cef20aa0005',
} as const;
