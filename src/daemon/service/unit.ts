/** Of the unit, its user and its data folder below /var/lib. */
export const SERVICE_NAME = 'waypost';
export const UNIT_FILE = `/etc/systemd/system/${SERVICE_NAME}.service`;
export const DROP_IN_FOLDER = `${UNIT_FILE}.d`;
export const SYSUSERS_FILE = `/etc/sysusers.d/${SERVICE_NAME}.conf`;
export const DATA_FOLDER = `/var/lib/${SERVICE_NAME}`;

/** The first line of every file that `waypost service` makes. It neither changes nor removes a file without it. */
export const MADE_BY = '# Made by "waypost service install", which replaces it.';

/** Where nothing of a service with ProtectHome and PrivateTmp can be: it sees these folders empty. */
export const HIDDEN_FOLDERS: readonly string[] = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

/** The command of a unit, word by word. */
export type Words = readonly string[];

/** The systemd unit of a gateway (systemd.service(5), systemd.exec(5)), whatever its configuration is. */
export function renderUnit(command: Words): string {
  return `${MADE_BY}
# Changes of your own: "systemctl edit ${SERVICE_NAME}".
[Unit]
Description=waypost, a DIDComm gateway
After=network.target bluetooth.target
# Not network-online.target: a gateway that waits for the internet serves nobody when there is none.

[Service]
Type=notify
# The notifications are sent by the command systemd-notify.
NotifyAccess=all
ExecStart=${command.map(unitWord).join(' ')}
Restart=always
RestartSec=2
# Fed after a round trip to the store, not by a timer. An SD card can make one fsync take long.
WatchdogSec=60
TimeoutStartSec=60
TimeoutStopSec=30

# In the group of serial ports, by ${SYSUSERS_FILE}.
User=${SERVICE_NAME}
# The data folder: ${DATA_FOLDER}, which waypost finds in STATE_DIRECTORY. The only place that it writes to.
StateDirectory=${SERVICE_NAME}
StateDirectoryMode=0700
UMask=0077

# What a configuration needs beyond this is in ${DROP_IN_FOLDER}.
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictNamespaces=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
# A part of Node that tries another call is told no, instead of ending the process.
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# Left out on purpose: PrivateDevices, DevicePolicy and ProtectClock, which shut out serial ports that are plugged in later;
# MemoryDenyWriteExecute, because Node compiles while it runs.

[Install]
WantedBy=multi-user.target
`;
}

/** The user of the service, for systemd-sysusers (sysusers.d(5)); in the group of serial ports, where there is one. */
export function renderSysusers(serialGroup: string | undefined): string {
  const membership = serialGroup === undefined ? '' : `m ${SERVICE_NAME} ${serialGroup}\n`;
  return `${MADE_BY}\nu ${SERVICE_NAME} - "waypost gateway" ${DATA_FOLDER}\n${membership}`;
}

/** One word of a unit's value (systemd.syntax(7), "Quoting"), without specifiers and variables. */
export function unitWord(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@+=:,./%$-]+$/.test(plain)) return plain;
  return `"${plain.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`)}"`;
}
