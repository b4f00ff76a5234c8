/*
 * Topic filters (MQTT 3.1.1, 4.7): levels, `+` for one of them, `#` at the end for any number. Topics of the broker itself, which
 * begin with `$`, are for nobody.
 */

const MAX_CHARS = 1024;

/** Whether `filter` is one; a topic is a filter without wildcards. */
export function isFilter(filter: string): boolean {
  if (filter.length === 0 || filter.length > MAX_CHARS || filter.includes('\0') || filter.startsWith('$')) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

export function isTopic(topic: string): boolean {
  return isFilter(topic) && !/[+#]/.test(topic);
}

/** Whether everything that `wanted` (a topic or filter) matches is matched by `allowed`. */
export function covers(allowed: string, wanted: string): boolean {
  if (!isFilter(allowed) || !isFilter(wanted)) return false;
  const have = allowed.split('/');
  const want = wanted.split('/');
  for (const [index, level] of have.entries()) {
    if (level === '#') return true;
    const other = want[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return have.length === want.length;
}
