import { parseClickFile } from '../../click-rows/export-request.ts';
import { type ArrivalWindow, parseClickRequest, parseVisitors } from '../../click-rows/click-query.ts';
import {
  type ExportOrder,
  type Exported,
  MAX_ORDER_BYTES,
  type OpenedExport,
  type ReadProgress,
} from '../../export-jobs/export-job.ts';
import { COMPRESSIONS } from '../../export/compressions.ts';
import { invalid } from '../../errors.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { type Principal, type Scope, isAdmin } from '../../keys/scopes.ts';
import { DAY, YEAR_2000 } from '../../lib/calendar.ts';
import { filterForm } from '../../stats/parse/filter-form.ts';
import { parseFilters, withoutFilters } from '../../stats/parse/filter-parameters.ts';
import { type RawParameters, valueOf } from '../../stats/parse/raw-parameters.ts';
import { parseStatsRequest } from '../../stats/parse/parse-request.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { withStoredFilters } from '../request/stored-filters.ts';
import type { Services } from '../request/services.ts';
import { CLICK_SCOPES, STATS_SCOPES, findClickTenant, findTenant } from '../request/tenant.ts';
import { openExport } from './open-export.ts';
import { parseFormat } from '../request/asked-format.ts';

/** What is found out about an order when it is given. */
interface CheckedOrder {
  readonly tenant: Tenant;
  readonly parameters: ExportOrder['parameters'];
  readonly filters: ExportOrder['filters'];
  /** Scopes that a key needs beside one of the kind's. */
  readonly scopes: readonly Scope[];
}

interface ExportRun {
  readonly holder: Holder;
  readonly stopped: AbortController;
  readonly onQuery: (progress: ReadProgress) => void;
}

/** How one kind of data is exported. */
interface ExportKind {
  /** The ending of the file's name, without the dot. @throws AppError 422 for a format that there is not */
  readonly extensionOf: (raw: RawParameters) => string;
  /** A key needs one of them. */
  readonly scopes: readonly Scope[];
  /** @throws AppError for parameters that are wrong, and for what the principal may not see */
  readonly check: (
    services: Services,
    raw: RawParameters,
    given: { readonly principal: Principal; readonly at: number },
  ) => Promise<CheckedOrder>;
  readonly open: (services: Services, order: ExportOrder, run: ExportRun) => Promise<OpenedExport>;
}

/** For an export job: nobody waits for its first byte. */
const UNATTENDED = { isOfEarlier: true, countsRows: true, firstByteMs: 3_600_000 } as const;

const STATS: ExportKind = {
  extensionOf: (raw) => parseFormat(raw).extension,
  scopes: STATS_SCOPES,
  check: async (services, raw, { principal, at }) => {
    parseFormat(raw);
    const keptSince = services.keptSince(at);
    const sent = parseStatsRequest(raw, { now: at, timeZones: await services.timeZones(), keptSince });
    const asked = await withStoredFilters(services, sent, principal);
    const tenant = await findTenant(services, asked.subject, principal);
    return { tenant, ...resolvedOf(raw, asked), scopes: [] };
  },
  open: async (services, { parameters, filters, principal, at }, { holder, stopped, onQuery }) => {
    const now = services.now();
    const timeZones = await services.timeZones();
    const sent = parseStatsRequest(parameters, { now: at, timeZones, keptSince: services.keptSince(now) });
    const asked = { ...sent, filters: parseFilters({ filters }, sent.subject.scope) };
    const tenant = await findTenant(services, asked.subject, principal);
    const format = parseFormat(parameters);
    return openExport(services, { asked, tenant, format, holder, now, ...UNATTENDED }, stopped, onQuery);
  },
};

/** The range for clicks that are selected by arrival. Some happened later than they arrived. */
const WHENEVER = { start: YEAR_2000, endsNow: false } as const;
/** Clicks that are further ahead of Spoor's clock are refused; clocks differ. */
const LATEST_MS = 2 * DAY;

const CLICKS: ExportKind = {
  extensionOf: (raw) => {
    const { format, compression } = parseClickFile(raw);
    const packed = compression && COMPRESSIONS[compression].extension;
    return packed === undefined ? format.extension : `${format.extension}.${packed}`;
  },
  scopes: CLICK_SCOPES,
  check: async (services, raw, { principal, at }) => {
    parseClickFile(raw);
    const keptSince = services.keptSince(at);
    const sent = parseClickRequest(raw, { now: at, timeZones: await services.timeZones(), keptSince });
    const asked = await withStoredFilters(services, sent, principal);
    const withVisitors = parseVisitors(raw);
    const tenant = await findClickTenant(services, asked.subject, principal, withVisitors);
    const scopes = withVisitors ? (['visitors:read'] as const) : [];
    return { tenant, ...resolvedOf(raw, asked), scopes };
  },
  open: async (services, { parameters, filters, principal, at, arrived }, { holder, stopped, onQuery }) => {
    const now = services.now();
    const timeZones = await services.timeZones();
    const sent = parseClickRequest(parameters, { now: at, timeZones, keptSince: services.keptSince(now) });
    const asked = {
      ...sent,
      filters: parseFilters({ filters }, sent.subject.scope),
      ...(arrived && { ...WHENEVER, end: now + LATEST_MS, arrived }),
    };
    const tenant = await findClickTenant(services, asked.subject, principal, parseVisitors(parameters));
    const file = parseClickFile(parameters);
    return openExport(
      services,
      { what: 'clicks', asked, tenant, now, holder, ...file, ...UNATTENDED },
      stopped,
      onQuery,
    );
  },
};

/** Parameters without what filters clicks, and all filters: with their segments resolved, and once. */
function resolvedOf(
  raw: RawParameters,
  { filters, subject }: Pick<StatsRequest, 'filters' | 'subject'>,
): Pick<ExportOrder, 'parameters' | 'filters'> {
  const { segment: _, ...parameters } = withoutFilters(raw, subject.scope);
  return { parameters, filters: JSON.stringify(filterForm(filters)) };
}

/** Everything that can be exported. */
export const EXPORT_KINDS: Readonly<Record<Exported, ExportKind>> = { stats: STATS, clicks: CLICKS };

/** An order as a client gives it. */
export interface GivenOrder {
  readonly what: Exported;
  readonly parameters: RawParameters;
  readonly destination: string | null;
  readonly fileName?: string | null;
  /** Of clicks: those that arrived in between, whatever the dates of the parameters. */
  readonly arrived?: ArrivalWindow | undefined;
}

/**
 * Checks an order, and resolves all in it that depends on the moment or may change.
 * @returns the order, and whose job it is
 * @throws AppError for parameters that are wrong, and for what the principal may not see
 */
export async function checkOrder(
  services: Services,
  { what, parameters: raw, destination, fileName = null, arrived }: GivenOrder,
  principal: Principal,
): Promise<{ readonly order: ExportOrder; readonly ownerId: string }> {
  const at = services.now();
  const {
    tenant,
    parameters,
    filters,
    scopes: own,
  } = await EXPORT_KINDS[what].check(services, raw, { principal, at });
  const format = valueOf(parameters, 'format') ?? '';
  const isOfOthers = isAdmin(principal) && !isOf(tenant, ownerOf(tenant, principal));
  const scopes = isOfOthers ? [...own, 'admin:all' as const] : own;
  const order = { what, format, parameters, filters, principal, at, arrived, destination, fileName, scopes };
  if (Buffer.byteLength(JSON.stringify(order)) > MAX_ORDER_BYTES) {
    throw invalid(
      'filters',
      `An export job has at most ${MAX_ORDER_BYTES / 1_024} KiB of parameters, with the filters of its segments.`,
    );
  }
  return { order, ownerId: ownerOf(tenant, principal) };
}

/** Begins to carry out an order, as `OpenExport` says. */
export function openOrder(
  services: Services,
  order: ExportOrder,
  ownerId: string,
  stopped: AbortController,
  onQuery: (progress: ReadProgress) => void,
): Promise<OpenedExport> {
  return EXPORT_KINDS[order.what].open(services, order, {
    holder: { kind: 'owner', name: ownerId },
    stopped,
    onQuery,
  });
}

/** An administrator's export of one owner belongs to that owner. An export of a public URL belongs to the owner of the key. */
function ownerOf(tenant: Tenant, { ownerId }: Principal): string {
  return tenant.kind === 'owner' ? tenant.ownerId : ownerId;
}

function isOf(tenant: Tenant, ownerId: string): boolean {
  return tenant.kind !== 'every-owner' && tenant.ownerId === ownerId;
}
