import { quote, WaypostError } from '../../core/errors.js';
import type { Rule } from './rule.js';

const PLACE = '{device}';
const URI = /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i;

/** Whether a template gives every device another URI. Device ids have no character that a URI may not have. */
export function isUriTemplate(template: string): boolean {
  return template.includes(PLACE) && (template === PLACE || URI.test(expand(template, 'x')));
}

/** What agents call a device. Throws ERR_CONFIG, retryable, because a change of the configuration mends it. */
export function deviceUriOf({ name, deviceUri }: Pick<Rule, 'name' | 'deviceUri'>, deviceId: string): string {
  const uri = expand(deviceUri, deviceId);
  if (URI.test(uri)) return uri;
  const what = `sensors.rules: ${name}: the id ${quote(deviceId)} is no URI, so that deviceUri must make it one`;
  throw new WaypostError('ERR_CONFIG', what, { retryable: true });
}

function expand(template: string, deviceId: string): string {
  return template.replaceAll(PLACE, () => deviceId);
}
