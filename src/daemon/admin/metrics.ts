import type { RuleStatus } from '../../sensor/rules/sensor-rules.js';
import type { BluetoothState, Status, UpstreamState } from '../operator/operator.js';
import type { Counter } from './counters.js';

/** Media type of the text format (Prometheus, "Exposition formats"). */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Everything that can be measured, in the text format of Prometheus. */
export function renderMetrics(status: Status, counters: readonly Counter[], eventLoopLagSeconds: number): string {
  const { store } = status;
  return [
    metric('waypost_info', 'gauge', 'Always 1; the version is the label.', [
      { labels: { version: status.version }, value: 1 },
    ]),
    gauge('waypost_uptime_seconds', 'Since the start.', status.uptimeSeconds ?? 0),
    gauge('waypost_store_messages', 'Messages that wait.', store.messages),
    gauge('waypost_store_bytes', 'Bytes that wait.', store.bytes),
    gauge('waypost_store_limit_messages', 'Messages at most.', store.limitMessages),
    gauge('waypost_store_limit_bytes', 'Bytes at most.', store.limitBytes),
    gauge('waypost_store_full', '1 when the last message that came found no room.', status.full === null ? 0 : 1),
    ...(status.disk === null ? [] : [gauge('waypost_disk_free_bytes', 'Of the data folder.', status.disk.freeBytes)]),
    ...(status.outlook?.lastsMs == null
      ? []
      : [gauge('waypost_store_lasts_seconds', "At today's rate, if none leaves.", status.outlook.lastsMs / 1000)]),
    gauge('waypost_connections', 'Open channels.', status.connections),
    gauge('waypost_live_recipients', 'Recipients in live mode.', status.live),
    gauge('waypost_handling_messages', 'Messages that are being handled.', status.handling),
    gauge('waypost_clock_trusted', '1 when the clock is trusted.', /^(ntp|gnss|rtc)$/.test(status.clock) ? 1 : 0),
    ...upstreamMetrics(status.upstreams),
    ...(status.bluetooth === null ? [] : bluetoothMetrics(status.bluetooth)),
    ...sensorMetrics(status.sensors),
    ...ruleMetrics(status.rules),
    metric(
      'waypost_mqtt_connected',
      'gauge',
      '1 when the broker of a topic is connected.',
      status.mqtt.map(({ address, isConnected }) => ({ labels: { address }, value: isConnected ? 1 : 0 })),
    ),
    gauge('process_resident_memory_bytes', 'Resident memory.', status.residentBytes ?? 0),
    gauge('nodejs_eventloop_lag_seconds', '99th percentile of the delay of the event loop.', eventLoopLagSeconds),
    ...counters.map(({ name, help, samples }) => metric(name, 'counter', help, samples)),
  ].join('');
}

function upstreamMetrics(upstreams: readonly UpstreamState[]): readonly string[] {
  const each = (name: string, type: string, help: string, read: (upstream: UpstreamState) => number): string => {
    const samples = upstreams.map((upstream) => ({
      labels: { did: upstream.did.slice(0, 200) },
      value: read(upstream),
    }));
    return metric(`waypost_upstream_${name}`, type, help, samples);
  };
  return [
    each('connected', 'gauge', '1 when an upstream is connected.', ({ state }) =>
      state === 'live' || state === 'polling' ? 1 : 0,
    ),
    each('registered', 'gauge', 'DIDs that it takes messages for.', ({ registered }) => registered),
    each('refused', 'gauge', 'DIDs that it refuses to take messages for.', ({ refused }) => refused),
    each('collected_total', 'counter', 'Messages taken over from it.', ({ collected }) => collected),
    each('duplicates_total', 'counter', 'Messages that came from it again.', ({ duplicates }) => duplicates),
    each('discarded_total', 'counter', 'Messages from it that can never be delivered.', ({ discarded }) => discarded),
  ];
}

function bluetoothMetrics({ adapter, slots, taken, sought, refused, yielded }: BluetoothState): readonly string[] {
  const count = (name: string, help: string, value: number): string =>
    metric(`waypost_bluetooth_${name}_total`, 'counter', help, [{ value }]);
  return [
    gauge('waypost_bluetooth_adapter_on', '1 when the adapter can be used.', adapter === 'poweredOn' ? 1 : 0),
    gauge('waypost_bluetooth_slots', 'Connections at most.', slots),
    gauge('waypost_bluetooth_connections', 'Connections, with those that the gateway began.', taken),
    gauge('waypost_bluetooth_sought_connections', 'Connections that the gateway began.', sought),
    count('refused', 'Connections turned away because all slots were taken.', refused),
    count('yielded', 'Connections that made room for another.', yielded),
  ];
}

function sensorMetrics(sensors: Status['sensors']): readonly string[] {
  if (sensors === null) return [];
  const samplesOf = (label: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
    Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
  const { frames, refused } = sensors;
  return [
    metric(
      'waypost_sensor_frames_total',
      'counter',
      'Sensor frames, by what became of them.',
      samplesOf('result', frames),
    ),
    metric(
      'waypost_sensor_refused_total',
      'counter',
      'Sensor frames refused, by error code.',
      samplesOf('code', refused),
    ),
  ];
}

function ruleMetrics(rules: Status['rules']): readonly string[] {
  if (rules === null) return [];
  const each = (name: string, type: string, help: string, read: (stream: RuleStatus) => number): string =>
    metric(
      `waypost_rule_${name}`,
      type,
      help,
      rules.streams.map((stream) => ({ labels: { rule: stream.rule, agent: stream.agent }, value: read(stream) })),
    );
  return [
    each('waiting_events', 'gauge', 'Events of a rule that wait for an agent.', ({ waiting }) => waiting),
    each('oldest_seconds', 'gauge', 'For how long the oldest of them waits.', (s) => (s.oldestAgeMs ?? 0) / 1000),
    each('messages_total', 'counter', 'Messages that were made of them.', ({ sent }) => sent),
    each('thinned_total', 'counter', 'Events given up because room was short.', ({ thinned }) => thinned),
    metric('waypost_rule_unwanted_frames_total', 'counter', 'Frames of devices that no rule is about.', [
      { value: rules.unwantedFrames },
    ]),
  ];
}

function gauge(name: string, help: string, value: number): string {
  return metric(name, 'gauge', help, [{ value }]);
}

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => `${name}${renderLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
