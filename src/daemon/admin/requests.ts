import { WaypostError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { Operator } from '../operator/operator.js';

/** A request to the API, its body parsed. */
export interface ApiRequest {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** An answer that is a file. */
export class FileAnswer {
  readonly path: string;
  readonly bytes: number;

  constructor(path: string, bytes: number) {
    this.path = path;
    this.bytes = bytes;
  }
}

export type Route = (operator: Operator, request: ApiRequest) => Promise<unknown>;

const MAX_PAGE = 1000;
const MAX_SECONDS = 366 * 24 * 60 * 60;

/* What parameters are; all of them throw ERR_INVALID_ARGUMENT. */

export function pageOf(query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? MAX_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw invalid(`limit is from 1 to ${MAX_PAGE}`);
  const after = query.get('after');
  return after === null ? { limit } : { limit, after };
}

export function objectOf(value: unknown): Record<string, unknown> {
  if (isJsonObject(value)) return value;
  throw invalid('the body is not a JSON object');
}

export function textOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('a text is missing');
}

/** A time that may be left out. */
export function secondsOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_SECONDS) return value;
  throw invalid(`a time is a number of whole seconds from 1 to ${MAX_SECONDS}`);
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(textOf);
}

export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid('a list is missing');
}

export function invalid(what: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', what);
}
