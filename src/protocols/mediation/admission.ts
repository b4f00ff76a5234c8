import type { PlaintextMessage } from '../../envelope/message.js';

/**
 * Who may use this station as a mediator: everybody, those who bring the id of an invitation as `pthid`, or the listed
 * DIDs (canonical).
 */
export type Admission =
  | { readonly kind: 'open' }
  | { readonly kind: 'invitation'; isInvitation(id: string): Promise<boolean> }
  | { readonly kind: 'list'; readonly dids: ReadonlySet<string> };

export async function admits(admission: Admission, did: string, request: PlaintextMessage): Promise<boolean> {
  switch (admission.kind) {
    case 'open':
      return true;
    case 'invitation':
      return request.pthid !== undefined && admission.isInvitation(request.pthid);
    case 'list':
      return admission.dids.has(did);
  }
}
