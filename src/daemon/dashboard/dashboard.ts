import type { ApiRequest } from '../admin/requests.js';
import type { CheckGroup } from '../check/finding.js';
import type { LogRing } from './log-ring.js';
import type { Sessions } from './sessions.js';
import type { Tools } from './tools/tools.js';

/** What the dashboard asks for beyond what an operator does. */
export interface Dashboard {
  readonly sessions: Sessions;
  readonly log: LogRing;
  /** What `waypost check` finds. */
  checks(): Promise<readonly CheckGroup[]>;
  /** Loaded when they are first asked for. */
  tools(): Promise<Tools>;
}

export interface DashboardRoute {
  /** `nobody`: before signing in; `session`: a browser that did, or the token; `token`: the commands only. */
  readonly needs: 'nobody' | 'session' | 'token';
  /** The body is not JSON, but bytes (`Uint8Array`), so many at most. */
  readonly maxBytes?: number;
  /** Gives JSON, or a {@link FileAnswer}. `bearer`: of whoever asks. */
  answer(dashboard: Dashboard, request: ApiRequest, bearer: string): unknown;
}
