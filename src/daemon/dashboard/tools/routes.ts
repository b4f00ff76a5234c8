import { objectOf, textOf } from '../../admin/requests.js';
import type { DashboardRoute } from '../routes.js';

/** The part of the admin API that the tools are asked by. */
export const TOOL_ROUTES: { readonly [route: string]: DashboardRoute } = {
  'GET /api/first-run': {
    needs: 'session',
    answer: async ({ tools }) => ({ isPending: await (await tools()).firstRun.isPending() }),
  },
  'POST /api/first-run/finish': {
    needs: 'session',
    async answer({ tools }) {
      await (await tools()).firstRun.finish();
      return {};
    },
  },
  'POST /api/name': {
    needs: 'session',
    async answer({ tools }, { body }) {
      await (await tools()).firstRun.rename(textOf(objectOf(body).name).trim());
      return {};
    },
  },
};
