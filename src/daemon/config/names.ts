import { isSection, type Shape } from './section.js';

/** Variables that are not settings: they say where to find things before there is a configuration. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['WAYPOST_DATA', 'WAYPOST_PASSPHRASE_FILE']);

/** The paths of all settings, in the order of the schema. */
export function settingPaths(shape: Shape): readonly (readonly string[])[] {
  return Object.entries(shape).flatMap(([name, entry]) =>
    isSection(entry) ? settingPaths(entry.shape).map((path) => [name, ...path]) : [[name]],
  );
}

/** `WAYPOST_LIMITS_MESSAGE_BYTES` for `limits.messageBytes`. */
export function environmentName(path: readonly string[]): string {
  const words = path.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return ['WAYPOST', ...words].join('_');
}

export function isSettingName(shape: Shape, variable: string): boolean {
  return OTHER_VARIABLES.has(variable) || settingPaths(shape).some((path) => environmentName(path) === variable);
}
