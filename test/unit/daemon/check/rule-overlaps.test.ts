import { expect, test } from 'vitest';
import { checkOverlaps } from '../../../../src/daemon/check/rule-overlaps.js';
import { loadConfig } from '../../../../src/daemon/config/load.js';

const A = 'did:example:a';
const B = 'did:example:b';

/** What is said of two rules. */
async function said(one: object, other: object, ids: readonly string[] = []) {
  const rules = [
    { name: 'one', agents: [A], ...one },
    { name: 'other', agents: [A], ...other },
  ];
  const { config } = await loadConfig({ env: { WAYPOST_SENSORS_RULES: JSON.stringify(rules) } });
  return checkOverlaps(config.sensors.rules, ids).map(({ message }) => message);
}

const twice = (device: string) => [
  `The rules one and other both send readings of ${device} to ${A}, which gets them twice.`,
];

test('rules that sample the same readings for one agent are warned of', async () => {
  expect(await said({}, {})).toEqual(twice('*'));
  expect(await said({ agents: [B, A] }, { devices: ['cold-*'] })).toEqual(twice('cold-*'));
  expect(await said({ quantities: ['temp*'] }, { quantities: ['temperature'] })).toEqual(twice('*'));
  expect(await said({ oneIn: 10 }, { quantities: ['humidity'] })).toEqual(twice('*'));
  expect(await said({ devices: ['a-*'] }, { devices: ['*-7'] }, ['a-6', 'a-7'])).toEqual(twice('a-7'));
});

test('rules that differ in agent, device, reading or format are not, and neither are alarms', async () => {
  expect(await said({}, { agents: [B] })).toEqual([]);
  expect(await said({ devices: ['a-*'] }, { devices: ['b-*'] }, ['a-1', 'b-1'])).toEqual([]);
  expect(await said({ devices: ['a-*'] }, { devices: ['*-7'] }, ['a-6', 'b-7'])).toEqual([]);
  expect(await said({ quantities: ['temperature'] }, { quantities: ['humidity'] })).toEqual([]);
  expect(await said({ format: 'senml' }, { format: 'epcis' })).toEqual([]);
  expect(await said({}, { oneIn: 0, above: 8 })).toEqual([]);
});
