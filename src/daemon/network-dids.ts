import type { DidMethod } from '../did/resolver.js';

export interface NetworkDidOptions {
  /** Networks that outgoing requests may reach although they are private: CIDR blocks. */
  readonly allowAddress?: readonly string[];
  /** A folder that keeps documents of did:web and did:webvh. */
  readonly didCache?: string;
}

export async function networkMethods(_files: NetworkDidOptions): Promise<DidMethod[]> {
  return [];
}
