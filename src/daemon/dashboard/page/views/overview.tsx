import { countOf, shorten, showDuration, showOutlook, showSize } from '../../../measures.js';
import type { Status } from '../api.js';
import { Did, Facts, Problem } from '../parts.js';

const CLOCKS: Readonly<Record<string, string>> = {
  ntp: 'set from the network',
  gnss: 'set from satellites',
  rtc: 'from a hardware clock',
  peer: 'from a neighbour; not trusted, so nothing expires',
  restored: 'behind by an unknown time; not trusted, so nothing expires',
  none: 'has no time; nothing expires',
};

/** A storage that lasts for less is a problem today. */
const SOON_MS = 24 * 60 * 60 * 1000;

/** How the gateway is, at one look. */
export function Overview({ status }: { status: Status }) {
  const { store, disk, outlook, uptimeSeconds, residentBytes } = status;
  return (
    <>
      {status.full !== null && (
        <Problem fix="let clients fetch, delete other files, or purge a queue">
          New messages are refused: {status.full}
        </Problem>
      )}
      {outlook?.lastsMs != null && outlook.lastsMs < SOON_MS && (
        <Problem fix="let clients fetch, carry messages away on a stick, or raise store.bytes">
          The storage is full in {showDuration(outlook.lastsMs)} when it goes on like this.
        </Problem>
      )}
      <section aria-labelledby="waiting">
        <h2 id="waiting">Storage</h2>
        <Facts
          rows={[
            ['Waiting', `${countOf(store.messages, 'message')}, ${showSize(store.bytes)}`],
            ['Room', `${store.limitMessages} messages, ${showSize(store.limitBytes)}`],
            ...(outlook === null ? [] : [['Lasts', showOutlook(outlook)] as const]),
            ...(disk === null ? [] : [['Disk', `${showSize(disk.freeBytes)} free`] as const]),
          ]}
        />
        <meter
          aria-label="Part of the storage that is used"
          min={0}
          max={store.limitBytes}
          value={store.bytes}
          high={store.limitBytes * 0.9}
        />
      </section>
      <Links status={status} />
      <Upstreams upstreams={status.upstreams} />
      <section aria-labelledby="gateway">
        <h2 id="gateway">Gateway</h2>
        <Facts
          rows={[
            ['DID', <Did key="did" did={status.did} />],
            ['Running', uptimeSeconds === null ? 'no' : `for ${showDuration(uptimeSeconds * 1000)}`],
            ['Clock', `${status.clock}: ${CLOCKS[status.clock] ?? 'unknown'}`],
            ['Version', status.version],
            ...(residentBytes === null ? [] : [['Memory', showSize(residentBytes)] as const]),
          ]}
        />
      </section>
    </>
  );
}

function Links({ status: { addresses, connections, live, bluetooth, mqtt, sensors, rules } }: { status: Status }) {
  return (
    <section aria-labelledby="links">
      <h2 id="links">Links</h2>
      <ul class="plain">
        {addresses.map((address) => (
          <li key={address}>
            <code>{address}</code>
          </li>
        ))}
        {mqtt.map(({ address, isConnected, lastError }) => (
          <li key={`mqtt ${address}`}>
            <code>{address}</code>{' '}
            {isConnected ? <span class="tag ok">connected</span> : <span class="tag error">not connected</span>}{' '}
            {lastError}
          </li>
        ))}
      </ul>
      {bluetooth?.problem != null && <Problem>{bluetooth.problem}</Problem>}
      <Facts
        rows={[
          ['Connections', `${connections}, ${live} recipients in live mode`],
          ...(bluetooth === null
            ? []
            : [
                [
                  'Bluetooth',
                  `${bluetooth.taken} of ${bluetooth.slots} connection slots, adapter ${bluetooth.adapter}`,
                ] as const,
              ]),
          ...(sensors === null ? [] : [['Sensor frames', `${sensors.frames.stored} stored`] as const]),
          ...(rules ?? { streams: [] }).streams.map(
            ({ rule, agent, waiting, lastError }) =>
              [
                `Rule ${rule}`,
                `${waiting} events wait for ${shorten(agent, 34)}${lastError === null ? '' : `; last error: ${lastError}`}`,
              ] as const,
          ),
        ]}
      />
    </section>
  );
}

function Upstreams({ upstreams }: Pick<Status, 'upstreams'>) {
  return (
    <section aria-labelledby="upstreams">
      <h2 id="upstreams">Upstreams</h2>
      {upstreams.length === 0 && <p>None is configured: messages stay among the devices here.</p>}
      {upstreams.map(({ did, state, forMs, lastError, nextTryInMs }) => (
        <article key={did}>
          <h3>
            {shorten(did, 34)} <span class={`tag ${state === 'away' ? 'error' : 'ok'}`}>{state}</span>
          </h3>
          <p>
            for {showDuration(forMs)}
            {nextTryInMs !== null && `; next try in ${showDuration(nextTryInMs)}`}
          </p>
          {lastError !== null && <Problem>{lastError}</Problem>}
        </article>
      ))}
    </section>
  );
}
