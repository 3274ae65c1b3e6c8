import { createDocument } from '../openapi/document.ts';
import type { OpenApiDocument } from '../openapi/model.ts';
import type { Route } from '../route/route.ts';
import { BACKUP_ROUTES } from './backup.ts';
import { CLICK_CHANGES_ROUTES } from './click-changes.ts';
import { CLICK_LIST_ROUTES } from './click-list.ts';
import { CLICK_ROUTES } from './clicks.ts';
import { CONTROL_ROUTES } from './control.ts';
import { CURRENT_KEY_ROUTES } from './current-key.ts';
import { dashboardRoutes } from './dashboard.ts';
import { docsRoutes } from './docs.ts';
import { ERASE_ROUTES } from './erase.ts';
import { EXPORT_FILE_ROUTES } from './export-file.ts';
import { EXPORT_JOB_ROUTES } from './exports.ts';
import { EXPORT_CLICK_ROUTES } from './export-clicks.ts';
import { EXPORT_ROUTES } from './export.ts';
import { HEALTH_ROUTES } from './health.ts';
import { IMPORT_ROUTES } from './imports.ts';
import { KEY_ROUTES } from './keys.ts';
import { LINK_ROUTES } from './links.ts';
import { MCP_ROUTES } from './mcp.ts';
import { PUBLIC_LINK_ROUTES } from './public-links.ts';
import { SCHEDULE_ROUTES } from './schedules.ts';
import { SEGMENT_ROUTES } from './segments.ts';
import { OWNER_ROUTES } from './owners.ts';
import { STATS_QUERY_ROUTES } from './stats-query.ts';
import { STATS_ROUTES } from './stats.ts';
import { URL_ROUTES } from './urls.ts';

/** The routes of the API. The document lists them in this order. */
const API_ROUTES: readonly Route[] = [
  ...STATS_ROUTES,
  ...STATS_QUERY_ROUTES,
  ...MCP_ROUTES,
  ...EXPORT_ROUTES,
  ...EXPORT_CLICK_ROUTES,
  ...EXPORT_JOB_ROUTES,
  ...EXPORT_FILE_ROUTES,
  ...SCHEDULE_ROUTES,
  ...LINK_ROUTES,
  ...PUBLIC_LINK_ROUTES,
  ...OWNER_ROUTES,
  ...CLICK_LIST_ROUTES,
  ...CLICK_CHANGES_ROUTES,
  ...CLICK_ROUTES,
  ...ERASE_ROUTES,
  ...IMPORT_ROUTES,
  ...URL_ROUTES,
  ...SEGMENT_ROUTES,
  ...CURRENT_KEY_ROUTES,
  ...KEY_ROUTES,
  ...HEALTH_ROUTES,
];

const DESCRIPTIONS = API_ROUTES.flatMap(({ description }) =>
  description === undefined ? [] : [description],
);

/** Every route of the service. */
export const ROUTES: readonly Route[] = [
  ...API_ROUTES,
  ...CONTROL_ROUTES,
  ...BACKUP_ROUTES,
  ...dashboardRoutes(),
  ...docsRoutes(DESCRIPTIONS),
];

/** The OpenAPI document of the API. */
export function apiDocument(): OpenApiDocument {
  return createDocument(DESCRIPTIONS);
}
