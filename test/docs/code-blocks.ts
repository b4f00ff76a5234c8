/**
 * The files that a document shows: blocks of code whose first line names them, as in "```ts file=driver.ts". Name -> text.
 * Throws when a name occurs twice.
 */
export function filesIn(markdown: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [, name, text] of markdown.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)) {
    if (name === undefined || text === undefined) continue;
    if (files.has(name)) throw new Error(`the document shows ${name} twice`);
    files.set(name, text);
  }
  return files;
}
