import { isIP } from 'node:net';
import { createAddressPolicy } from '../../net/address-policy.js';
import type { Config } from '../config/schema.js';
import { showListenAddress } from '../config/value-kinds.js';
import { isBrokerUrl, isMediatorDid, type PublicUrl, pageUrlOf } from '../public-url.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';

export const checkConfiguration: Check = async ({ loaded, configError, publicUrls }) => {
  if (loaded === undefined) return [error(configError ?? 'It cannot be read.', 'waypost config validate')];
  const { config, unknownVariables } = loaded;
  return [
    ok('The configuration is valid.'),
    ...unknownVariables.map((name) => warning(`The variable ${name} is unknown and has no effect.`, `unset ${name}`)),
    ...checkAdmin(config),
    ...(publicUrls ?? []).flatMap((url) => checkUrl(url, config)),
  ];
};

/** Whether others can reach what the DID promises. Nothing is asked: a gateway often cannot see itself from outside. */
function checkUrl(url: PublicUrl, { http }: Config): readonly Finding[] {
  if (isMediatorDid(url)) return [ok(`The DID leads to the mediator ${url}. (It was not asked.)`)];
  if (isBrokerUrl(url)) return [ok(`The DID leads to the MQTT topic ${url}. (The broker was not asked.)`)];
  const { hostname, protocol } = new URL(pageUrlOf(url));
  const host = hostname.replace(/^\[|\]$/g, '');
  const findings: Finding[] = [];
  if (isLoopback(host)) {
    findings.push(warning(`${url} is reached from this machine only.`, 'waypost id rotate --public-url URL'));
  } else if (host.endsWith('.local') || isPrivate(host)) {
    findings.push(note(`${url} is reached from the local network only.`));
  } else if (protocol === 'http:') {
    findings.push(
      warning(
        `${url} is not encrypted: messages are, but who talks to whom can be seen.`,
        'put a reverse proxy with TLS in front, then waypost id rotate --public-url https://...',
      ),
    );
  }
  if (isLoopback(http.listen.host) && !isLoopback(host)) {
    findings.push(
      warning(
        `Only this machine can reach ${showListenAddress(http.listen)}, while the DID promises ${url}.`,
        'http.listen: 0.0.0.0:8080 in the configuration, unless a reverse proxy on this machine serves that URL',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`${url} looks right. (It was not asked.)`)];
}

function checkAdmin({ admin }: Config): readonly Finding[] {
  if (admin.listen === 'off' || isLoopback(admin.listen.host)) return [];
  return [
    warning(
      `The admin API at ${showListenAddress(admin.listen)} can be reached from other machines.`,
      'admin.listen: 127.0.0.1:8081 in the configuration',
    ),
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || host.startsWith('127.');
}

function isPrivate(host: string): boolean {
  return isIP(host) !== 0 && !createAddressPolicy({ allow: [] }).check(host);
}
