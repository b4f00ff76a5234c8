/** Where a value stands: the names of its sections and its own, and the index of an item of a list. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a configuration. */
export interface Problem {
  readonly at: Path;
  readonly message: string;
}

/** `upstreams[0].did` */
export function showPath(at: Path): string {
  return at.reduce<string>((shown, part) => {
    if (typeof part === 'number') return `${shown}[${part}]`;
    return shown === '' ? part : `${shown}.${part}`;
  }, '');
}
