/** A broker, from its origin (`mqtt://HOST:PORT`) or from an address there. */
export interface BrokerAddress {
  /** With the port, and the host in small letters. */
  readonly origin: string;
  readonly isEncrypted: boolean;
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const USUAL_PORTS: Readonly<Record<string, number>> = { mqtt: 1883, mqtts: 8883, 'mqtt+ws': 80, 'mqtt+wss': 443 };

/** For what the configuration has allowed. */
export function brokerAddress(address: string): BrokerAddress {
  const [, scheme = '', host = '', digits] = /^([a-z+]+):\/\/([^/]*?)(?::(\d+))?(?:\/.*)?$/.exec(address) ?? [];
  const port = digits === undefined ? (USUAL_PORTS[scheme] ?? 0) : Number(digits);
  return {
    origin: `${scheme}://${host.toLowerCase()}:${port}`,
    isEncrypted: scheme === 'mqtts' || scheme === 'mqtt+wss',
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port,
  };
}
