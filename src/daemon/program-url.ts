/**
 * The URL of a program that is built beside the command as an entry of its own, such as `store-worker`: the file of that
 * name in `dist`, from wherever the bundler put this module; `source` (relative to `src/daemon`) where Node runs the
 * sources as they are.
 */
export function programUrl(name: string, source: string): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL(source, here);
  return new URL(here.includes('/chunks/') ? `../${name}.js` : `./${name}.js`, here);
}

/** The folder of the web peer's files in `dist`, from wherever the bundler put this module. */
export function webPeerFolder(): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL('../../dist/web-peer/', here);
  return new URL(here.includes('/chunks/') ? '../web-peer/' : './web-peer/', here);
}
