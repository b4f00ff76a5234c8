/**
 * What EPCIS says of a SenML unit.
 *
 * Sources: the units are those of the IANA registry "SenML Units" (RFC 8428, 12.1) and of its secondary units (RFC 8798).
 * Codes are the common codes of UN/CEFACT Recommendation 20, which EPCIS 2.0 (7.3.7) demands as `uom`. Types are
 * `gs1:MeasurementType` of the GS1 Web Vocabulary. A unit that is not in the table is not guessed.
 */
export interface EpcisUnit {
  /** Common code of UN/CEFACT Recommendation 20. */
  readonly code: string;
  /** What is measured, where the unit alone says it. */
  readonly type?: string;
  /** The part of a position (CBV 2.0, 7.7). */
  readonly component?: 'latitude' | 'longitude';
}

const TABLE: readonly (readonly [unit: string, code: string, type?: string])[] = [
  // RFC 8428, 12.1: SI units and those derived from them
  ['m', 'MTR', 'Length'],
  ['kg', 'KGM', 'Mass'],
  ['g', 'GRM', 'Mass'],
  ['s', 'SEC', 'Time'],
  ['A', 'AMP', 'ElectricCurrent'],
  ['K', 'KEL', 'Temperature'],
  ['cd', 'CDL', 'LuminousIntensity'],
  ['mol', 'C34', 'AmountOfSubstance'],
  ['Hz', 'HTZ', 'Frequency'],
  ['rad', 'C81', 'Angle'],
  ['sr', 'D27', 'SolidAngle'],
  ['N', 'NEW', 'Force'],
  ['Pa', 'PAL', 'Pressure'],
  ['J', 'JOU', 'Energy'],
  ['W', 'WTT', 'Power'],
  ['C', 'COU', 'ElectricCharge'],
  ['V', 'VLT', 'Voltage'],
  ['F', 'FAR', 'Capacitance'],
  ['Ohm', 'OHM', 'Resistance'],
  ['S', 'SIE', 'Conductance'],
  ['Wb', 'WEB', 'MagneticFlux'],
  ['T', 'D33', 'MagneticFluxDensity'],
  ['H', '81', 'Inductance'],
  ['Cel', 'CEL', 'Temperature'],
  ['lm', 'LUM', 'LuminousFlux'],
  ['lx', 'LUX', 'Illuminance'],
  ['Bq', 'BQL', 'Radioactivity'],
  ['Gy', 'A95', 'AbsorbedDose'],
  ['Sv', 'D13', 'DoseEquivalent'],
  ['kat', 'KAT'],
  ['m2', 'MTK', 'Area'],
  ['m3', 'MTQ', 'Volume'],
  ['l', 'LTR', 'Volume'],
  ['m/s', 'MTS', 'Speed'],
  ['m/s2', 'MSK', 'Acceleration'],
  ['m3/s', 'MQS', 'VolumeFlowRate'],
  ['l/s', 'G51', 'VolumeFlowRate'],
  ['W/m2', 'D54', 'Irradiance'],
  ['cd/m2', 'A24', 'Luminance'],
  ['bit', 'A99', 'MemoryCapacity'],
  ['bit/s', 'B10'],
  ['dB', '2N'],
  ['count', 'C62', 'Count'],
  ['/', 'C62', 'Dimensionless'],
  ['%', 'P1', 'Dimensionless'],
  ['%RH', 'P1', 'RelativeHumidity'],
  ['%EL', 'P1'], // of a battery
  ['EL', 'SEC'], // what a battery lasts
  ['1/s', 'C97'],
  ['1/min', 'C94'],
  ['beat/min', 'BPM'],
  ['S/m', 'D10', 'Conductivity'],
  // RFC 8798, 2: additional units
  ['B', 'AD', 'MemoryCapacity'],
  ['VA', 'D46', 'Power'],
  ['var', 'D44', 'Power'],
  ['kg/m3', 'KMQ', 'Density'],
  ['deg', 'DD', 'Angle'],
  // RFC 8798, 3: secondary units
  ['ms', 'C26', 'Time'],
  ['min', 'MIN', 'Time'],
  ['h', 'HUR', 'Time'],
  ['MHz', 'MHZ', 'Frequency'],
  ['kW', 'KWT', 'Power'],
  ['kVA', 'KVA', 'Power'],
  ['kvar', 'KVR', 'Power'],
  ['Ah', 'AMH', 'ElectricCharge'],
  ['Wh', 'WHR', 'Energy'],
  ['kWh', 'KWH', 'Energy'],
  ['KiB', 'E64', 'MemoryCapacity'],
  ['Mbit/s', 'E20'],
  ['B/s', 'P93'],
  ['mV', '2Z', 'Voltage'],
  ['mA', '4K', 'ElectricCurrent'],
  ['ug/m3', 'GQ', 'MassConcentration'],
  ['mm/h', 'H67'],
  ['ppm', '59', 'Dimensionless'],
  ['/100', 'P1', 'Dimensionless'],
  ['hPa', 'A97', 'Pressure'],
  ['mm', 'MMT', 'Length'],
  ['cm', 'CMT', 'Length'],
  ['km', 'KMT', 'Length'],
  ['km/h', 'KMH', 'Speed'],
];

const UNITS: ReadonlyMap<string, EpcisUnit> = new Map<string, EpcisUnit>([
  ...TABLE.map(([unit, code, type]) => [unit, { code, ...(type === undefined ? {} : { type }) }] as const),
  // Degrees of WGS 84 (RFC 8428, 12.1).
  ['lat', { code: 'DD', type: 'Angle', component: 'latitude' }],
  ['lon', { code: 'DD', type: 'Angle', component: 'longitude' }],
]);

/** Undefined for a unit that Recommendation 20 has no code for, or that is not known here. */
export function epcisUnit(senmlUnit: string): EpcisUnit | undefined {
  return UNITS.get(senmlUnit);
}
