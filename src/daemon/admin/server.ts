import type { IncomingMessage, ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type ErrorCode, isWaypostError, WaypostError } from '../../core/errors.js';
import { parseJson } from '../../core/json.js';
import { createClientAddresses } from '../../net/client-address.js';
import { openHttpServer } from '../../net/http-server.js';
import type { ListenAddress } from '../config/value-kinds.js';
import { showListenAddress } from '../config/value-kinds.js';
import type { Dashboard } from '../dashboard/dashboard.js';
import { dashboardRoute } from '../dashboard/routes.js';
import type { Operator } from '../operator/operator.js';
import type { Counters } from './counters.js';
import { bearerOf, checkHost, equalSecrets, type Refusal } from './guard.js';
import { METRICS_TYPE, renderMetrics } from './metrics.js';
import { findReadiness } from './readiness.js';
import { type ApiRequest, FileAnswer } from './requests.js';
import { ROUTES } from './routes.js';

export interface AdminOptions {
  readonly listen: ListenAddress;
  /** For everything under `/api/`. */
  readonly token: string;
  readonly operator: Operator;
  readonly dashboard: Dashboard;
  readonly counters: Counters;
  readonly isStopping: () => boolean;
}

export interface AdminServer extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string;
}

const LIMITS = {
  maxConnections: 64,
  maxConnectionsPerSource: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  maxHeaderBytes: 16 * 1024,
};
const BODY_LIMITS = { maxBytes: 1024 * 1024, maxDepth: 8 };
/** The largest message that can be configured, 8 MiB, as base64url. */
const MESSAGE_LIMITS = { maxBytes: 12 * 1024 * 1024, maxDepth: 8 };
const NO_TOKEN: Refusal = {
  status: 401,
  message: 'the token of the data folder (file admin-token), or a session of the dashboard, is needed',
};
const PRIVATE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const LOOP_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** What a caller can change; everything else is a fault on this side. */
const STATUS: { readonly [code in ErrorCode]?: number } = {
  ERR_INVALID_ARGUMENT: 400,
  ERR_JSON_MALFORMED: 400,
  ERR_NOT_UTF8: 400,
  ERR_TOO_LARGE: 413,
  ERR_ACCOUNT_IN_USE: 409,
  ERR_KEY_INVALID: 400,
  ERR_KEY_UNSUPPORTED: 400,
  ERR_BASE64URL: 400,
  ERR_DEVICE_UNKNOWN: 404,
  ERR_DEVICE_EXISTS: 409,
  ERR_PICTURE: 400,
  ERR_CONFIG: 409,
  ERR_NOT_ALLOWED: 403,
  ERR_QUOTA_RECIPIENT: 429,
  ERR_RATE_LIMIT: 429,
};

/**
 * `/healthz`, `/readyz`, `/metrics` and the files of the dashboard for everybody who reaches it, `/api/` with the token or
 * the session of a browser. Throws ERR_LISTEN.
 */
export async function openAdmin(options: AdminOptions): Promise<AdminServer> {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  const server = await openHttpServer(new URL(`http://${showListenAddress(options.listen)}/`), {
    limits: LIMITS,
    clients: createClientAddresses([]),
    onRequest: (request, response) => void answer(options, () => delay.percentile(99) / NANOSECONDS, request, response),
  });
  return {
    url: server.address.replace(/\/$/, ''),
    async [Symbol.asyncDispose]() {
      delay.disable();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function answer(
  options: AdminOptions,
  lagSeconds: () => number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const refusal = checkHost(request, options.listen.host);
    if (refusal !== undefined) return refuse(response, refusal);
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/api/')) return await answerApi(options, url, request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return json(response, 405, { error: 'only GET' });
    switch (url.pathname) {
      case '/healthz':
        return json(response, 200, { ok: true });
      case '/readyz': {
        const readiness = await findReadiness(options.operator, options.isStopping);
        return json(response, readiness.ready ? 200 : 503, readiness);
      }
      case '/metrics': {
        const text = renderMetrics(await options.operator.status(), options.counters.list(), lagSeconds());
        return write(response, 200, METRICS_TYPE, text);
      }
      default: {
        // Loaded when the first browser comes, which for most gateways is never.
        const { answerAsset, isDashboardPath } = await import('../dashboard/assets.js');
        if (isDashboardPath(url.pathname)) return await answerAsset(url.pathname, request, response);
        return json(response, 404, { error: 'there are /dashboard/, /healthz, /readyz, /metrics and /api/' });
      }
    }
  } catch (cause) {
    const error = isWaypostError(cause) ? cause : new WaypostError('ERR_INTERNAL', String(cause), { cause });
    const { code, message, retryable, retryAfterMs } = error;
    if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000));
    json(response, STATUS[code] ?? 500, { error: { code, message, retryable } });
  }
}

async function answerApi(
  { operator, dashboard, token }: AdminOptions,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '' } = request;
  const name = `${method} ${url.pathname}`;
  const ofDashboard = await dashboardRoute(method, url.pathname);
  const bearer = bearerOf(request);
  const needs = ofDashboard?.needs ?? 'session';
  const isAllowed =
    needs === 'nobody' || equalSecrets(bearer, token) || (needs === 'session' && dashboard.sessions.has(bearer));
  if (!isAllowed) return refuse(response, NO_TOKEN);
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
  if (ofDashboard === undefined && route === undefined) return json(response, 404, { error: `there is no ${name}` });
  const limits = route === ROUTES['POST /api/courier/take'] ? MESSAGE_LIMITS : BODY_LIMITS;
  const body = method === 'POST' ? await readBody(request, ofDashboard?.maxBytes ?? limits.maxBytes) : undefined;
  const isJson = body !== undefined && ofDashboard?.maxBytes === undefined;
  const asked: ApiRequest = { query: url.searchParams, body: isJson ? parseJson(body, limits, 'the body') : body };
  const result = await (ofDashboard?.answer(dashboard, asked, bearer) ?? route?.(operator, asked));
  if (!(result instanceof FileAnswer)) return json(response, 200, result);
  const { sendFile } = await import('./send-file.js');
  await sendFile(response, result, PRIVATE_HEADERS);
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    const bytes = part as Buffer;
    length += bytes.length;
    if (length > maxBytes) throw new WaypostError('ERR_TOO_LARGE', `the body has more than ${maxBytes} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  json(response, status, { error: message });
}

function json(response: ServerResponse, status: number, value: unknown): void {
  write(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

function write(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...PRIVATE_HEADERS,
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
