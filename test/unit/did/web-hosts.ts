import { utf8 } from '../../../src/core/bytes.js';
import type { FetchDocument } from '../../../src/did/fetch-document.js';

/** Hosts that serve what `files` holds at that moment, by URL: a body, a status, or an error to fail with. */
export interface FakeHosts {
  readonly files: Map<string, string | number | Error>;
  readonly fetchDocument: FetchDocument;
  /** The URLs asked for, in order. */
  readonly asked: string[];
}

export function createFakeHosts(files: { readonly [url: string]: string | number | Error } = {}): FakeHosts {
  const served = new Map(Object.entries(files));
  const asked: string[] = [];
  return {
    files: served,
    asked,
    async fetchDocument(url) {
      asked.push(url);
      const answer = served.get(url) ?? 404;
      if (answer instanceof Error) throw answer;
      return typeof answer === 'string'
        ? { status: 200, body: utf8(answer) }
        : { status: answer, body: utf8('<html>') };
    },
  };
}
