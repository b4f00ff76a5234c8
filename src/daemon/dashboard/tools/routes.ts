import { invalid, objectOf, textOf } from '../../admin/requests.js';
import type { DashboardRoute } from '../dashboard.js';
import type { Tools } from './tools.js';

/** Of one encoded picture, as the reader of pictures takes it. */
const MAX_PICTURE_BYTES = 16 * 2 ** 20;
/** Of a backup: so much comes within the time that a request may take, over a slow network too. */
const MAX_PIECE_BYTES = 256 * 1024;

type Asked = Parameters<DashboardRoute['answer']>[1];

/** A route for whoever is signed in. What gives nothing is answered with `{}`. */
function tool(run: (tools: Tools, asked: Asked) => unknown, maxBytes?: number): DashboardRoute {
  return {
    needs: 'session',
    ...(maxBytes === undefined ? {} : { maxBytes }),
    answer: async ({ tools }, asked) => (await run(await tools(), asked)) ?? {},
  };
}

/** The part of the admin API that the tools are asked by. */
export const TOOL_ROUTES: { readonly [route: string]: DashboardRoute } = {
  'GET /api/first-run': tool(async ({ firstRun }) => ({ isPending: await firstRun.isPending() })),
  'POST /api/first-run/finish': tool(({ firstRun }) => firstRun.finish()),
  'POST /api/name': tool(({ firstRun }, { body }) => firstRun.rename(textOf(objectOf(body).name).trim())),

  'GET /api/sticks': tool(async ({ carrying }) => ({ sticks: await carrying.sticks(), last: carrying.last() })),
  'POST /api/sticks/export': tool(({ carrying }, { body }) => carrying.export(textOf(objectOf(body).folder))),
  'POST /api/sticks/import': tool(({ carrying }, { body }) => {
    const { folder, isForAnybody } = objectOf(body);
    return carrying.import(textOf(folder), isForAnybody === true);
  }),
  'POST /api/pictures': tool(
    async ({ pictures }, { body }) => ({ texts: await pictures.read(bytesOf(body)) }),
    MAX_PICTURE_BYTES,
  ),

  'GET /api/backup': tool(({ backup }) => backup.state()),
  'POST /api/backup': tool(({ backup }, { body }) => backup.make(textOf(objectOf(body).passphrase))),
  'GET /api/backup/file': tool(({ backup }) => backup.file()),
  'POST /api/backup/remove': tool(({ backup }) => backup.remove()),

  'GET /api/restore': tool(({ restore }) => restore.state()),
  'POST /api/restore/upload': tool(({ restore }, { query, body }) => {
    const [offset, wholeBytes] = [numberOf(query, 'offset'), numberOf(query, 'wholeBytes')];
    return restore.take(bytesOf(body), offset, wholeBytes);
  }, MAX_PIECE_BYTES),
  'POST /api/restore/check': tool(({ restore }, { body }) => {
    const { passphrase } = objectOf(body);
    return restore.check(passphrase === undefined ? undefined : textOf(passphrase));
  }),
  'POST /api/restore/confirm': tool(({ restore }) => restore.confirm()),
  'POST /api/restore/cancel': tool(({ restore }) => restore.cancel()),
};

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw invalid('bytes are missing');
}

function numberOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(`${name} is a whole number`);
}
