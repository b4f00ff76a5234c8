import os from 'node:os';
import { isWaypostError } from '../core/errors.js';
import type { CheckGroup } from './check/finding.js';
import { loadConfig } from './config/load.js';
import { printConfig } from './config/print.js';
import { readAdminToken } from './data-folder/admin-token.js';
import { readEpoch } from './data-folder/epoch.js';
import type { DataFolder } from './data-folder/layout.js';
import { allSecrets, type Identity } from './identity/identity.js';
import { findIdentity } from './identity/identity-file.js';
import type { Environment } from './io.js';
import type { Machine } from './machine.js';
import { VERSION } from './version.js';

export interface SupportBundleOptions {
  readonly machine: Machine;
  readonly folder: DataFolder;
  readonly env: Environment;
  readonly passphrase: string | undefined;
  readonly nowMs: number;
  readonly checks: readonly CheckGroup[];
  /** What `waypost status --json` says. */
  readonly status: () => Promise<unknown>;
}

const FORMAT = 'waypost-support-bundle';
const LOG_LINES = '500';
const UNIT = 'waypost';
const REMOVED = '(removed)';
/** Shorter texts would turn up everywhere. */
const MIN_SECRET_CHARS = 6;

/**
 * What somebody who helps needs to know, as JSON: versions, checks, configuration, status and the recent log. Nothing
 * secret is put in; and then every secret of this gateway is looked for in the whole text and taken out, because a
 * log may hold what it should not.
 */
export async function makeSupportBundle(options: SupportBundleOptions): Promise<string> {
  const { machine, folder, env, passphrase, nowMs, checks, status } = options;
  const identity = await said(() => findIdentity(folder, passphrase));
  const config = await said(() => loadConfig({ file: folder.config, env }));
  const bundle = {
    format: FORMAT,
    madeAt: new Date(nowMs).toISOString(),
    versions: { waypost: VERSION, node: machine.nodeVersion, system: `${os.type()} ${os.release()} ${os.arch()}` },
    machine: { memoryBytes: os.totalmem(), uptimeSeconds: Math.floor(os.uptime()), processors: os.cpus().length },
    did:
      'error' in identity ? identity : { current: identity.value?.current.did, former: identity.value?.former.length },
    epoch: await said(() => readEpoch(folder)),
    configuration: 'error' in config ? config : printConfig(config.value).split('\n'),
    checks,
    status: await said(status),
    log:
      (await machine.run('journalctl', ['--unit', UNIT, '--lines', LOG_LINES, '--no-pager', '--output=cat']))?.split(
        '\n',
      ) ?? [],
  };
  const secrets = [
    ...('error' in identity ? [] : identitySecrets(identity.value)),
    ...('error' in config ? [] : config.value.config.upstreams.map((upstream) => upstream.invitation)),
    await readAdminToken(folder).catch(() => undefined),
    passphrase,
  ];
  return `${withoutSecrets(JSON.stringify(bundle, null, 2), secrets)}\n`;
}

function identitySecrets(identity: Identity | undefined): readonly string[] {
  if (identity === undefined) return [];
  return [identity.invitationId, ...allSecrets(identity).map((secret) => secret.d)];
}

function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets.reduce<string>((rest, secret) => {
    if (secret === undefined || secret.length < MIN_SECRET_CHARS) return rest;
    // As it stands inside a JSON text.
    return rest.replaceAll(JSON.stringify(secret).slice(1, -1), REMOVED);
  }, text);
}

/** What went wrong is part of what somebody who helps wants to see. */
async function said<T>(action: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: string }> {
  try {
    return { value: await action() };
  } catch (cause) {
    if (isWaypostError(cause)) return { error: cause.message };
    throw cause;
  }
}
