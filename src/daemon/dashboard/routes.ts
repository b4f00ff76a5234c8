import { objectOf, textOf } from '../admin/requests.js';
import type { DashboardRoute } from './dashboard.js';

/** Finds a route of the dashboard by method and path. Those of its tools are loaded when one of them is asked for. */
export async function dashboardRoute(method: string, path: string): Promise<DashboardRoute | undefined> {
  const name = `${method} ${path}`;
  const routes = TOOL_PATHS.test(path) ? (await import('./tools/routes.js')).TOOL_ROUTES : DASHBOARD_ROUTES;
  return Object.hasOwn(routes, name) ? routes[name] : undefined;
}

const TOOL_PATHS = /^\/api\/(first-run|name|sticks|pictures|backup|restore)(\/|$)/;

/** The part of the admin API that is there for the dashboard. A session cannot make codes, so it ends. */
const DASHBOARD_ROUTES: { readonly [route: string]: DashboardRoute } = {
  'POST /api/sessions': {
    needs: 'nobody',
    answer: ({ sessions }, { body }) => sessions.open(textOf(objectOf(body).code)),
  },
  'POST /api/sessions/codes': { needs: 'token', answer: ({ sessions }) => sessions.issueCode() },
  'POST /api/sessions/end': {
    needs: 'session',
    answer: ({ sessions }, _request, bearer) => {
      sessions.end(bearer);
      return {};
    },
  },
  'GET /api/checks': { needs: 'session', answer: ({ checks }) => checks() },
  'GET /api/log': { needs: 'session', answer: ({ log }) => ({ lines: log.lines() }) },
};
