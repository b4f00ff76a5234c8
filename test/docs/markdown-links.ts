import path from 'node:path';

/** A link of a document to another file of the repository, or into itself. */
export interface Link {
  /** As it is written. */
  readonly target: string;
  /** Of the file, from the root of the repository. */
  readonly file: string;
  /** What stands behind `#`; empty without. */
  readonly anchor: string;
}

/** The links and pictures of a document at `file` which lead into the repository. What stands in code is no link. */
export function linksIn(file: string, markdown: string): Link[] {
  const prose = withoutCode(markdown);
  const targets = [
    ...[...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, target]) => target ?? ''),
    ...[...prose.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, target]) => target ?? ''),
  ];
  return targets
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
    .map((target) => {
      const [linked = '', anchor = ''] = target.split('#', 2);
      const found = linked === '' ? file : path.join(path.dirname(file), decodeURIComponent(linked));
      return { target, file: path.normalize(found), anchor: decodeURIComponent(anchor) };
    });
}

/** What can stand behind `#` for a document: its headings, as GitHub names them, and the anchors in it. */
export function anchorsIn(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const count = new Map<string, number>();
  for (const [, heading = ''] of withoutFences(markdown).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const name = nameOf(heading);
    const before = count.get(name) ?? 0;
    count.set(name, before + 1);
    anchors.add(before === 0 ? name : `${name}-${before}`);
  }
  for (const [, id = ''] of markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Lower case, without punctuation, spaces as hyphens. */
function nameOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\\(.)/g, '$1');
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, '');
}

/** Code is fenced, indented by four behind an empty line, or between backticks. */
function withoutCode(markdown: string): string {
  return withoutFences(markdown)
    .replace(/(?<=\n\n)(?: {4}.*\n)+/g, '')
    .replace(/(`+)[^`][\s\S]*?\1/g, '');
}
