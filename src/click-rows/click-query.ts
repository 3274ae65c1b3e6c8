import { invalid } from '../errors.ts';
import { nearestName } from '../lib/names.ts';
import { quotable } from '../lib/text.ts';
import { type RawParameters, splitList, valueOf } from '../stats/parse/raw-parameters.ts';
import { type ParseContext, parseStatsRequest } from '../stats/parse/parse-request.ts';
import { exportQuery, statsQuery } from '../stats/parse/requested-query.ts';
import type { StatsRequest } from '../stats/request.ts';
import type { StatsQuery } from '../stats/query.ts';
import { CLICK_COLUMN_NAMES, type ClickColumnName, clickColumnOf } from './columns.ts';

/**
 * What clicks can be in the order of: the newest or the oldest first; `link`: by short code, the oldest of each first, which is how
 * they are stored.
 */
export const CLICK_ORDERS = ['newest', 'oldest', 'link'] as const;

export type ClickOrder = (typeof CLICK_ORDERS)[number];

/** What of clicks is asked for, and in which order. */
export interface ClickSelection {
  /** At least one, none twice. */
  readonly columns: readonly ClickColumnName[];
  /** undefined: any. */
  readonly order: ClickOrder | undefined;
}

/** Times between which clicks were stored, Unix milliseconds: from the first one on, before the second one. */
export interface ArrivalWindow {
  readonly from: number;
  readonly before: number;
}

/** Which clicks are asked for, wholly checked: the range, filters and bots of a stats query say which. */
export type ClickQuery = StatsQuery & ClickSelection & Arrivals;

interface Arrivals {
  /** When they arrived; not given: at any time. */
  readonly arrived?: ArrivalWindow | undefined;
}

/** A request for clicks as it was sent: the start of its range may still be open. */
export type ClickRequest = StatsRequest & ClickSelection & Arrivals;

/**
 * Parses a request for clicks from its query string; which parameters it may have, and whether the key may see visitors, is for the
 * route to say.
 * @throws AppError as `parseStatsRequest`, and 400 for a field, order or `visitors` that is not among their values
 */
export function parseClickRequest(raw: RawParameters, context: ParseContext): ClickRequest {
  return {
    ...parseStatsRequest(raw, { ...context, groupBy: [] }),
    columns: parseFields(raw, parseVisitors(raw)),
    order: parseOrder(raw),
  };
}

/** The query of a listing: like a stats result it is about seven days unless it says otherwise. @param oldest as `statsQuery` */
export function clickListQuery(request: ClickRequest, oldest?: number): ClickQuery {
  return { ...statsQuery(request, oldest), columns: request.columns, order: request.order };
}

/** The query of an export, from the oldest click on unless it says otherwise. @param oldest as `exportQuery` */
export function clickExportQuery(request: ClickRequest, oldest: number | undefined): ClickQuery {
  const { columns, order, arrived } = request;
  return { ...exportQuery(request, oldest), columns, order, arrived };
}

/** Whether a request asks for the hashes of visitors. @throws AppError 400 for anything but `true` and `false` */
export function parseVisitors(raw: RawParameters): boolean {
  const text = valueOf(raw, 'visitors') ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalid('visitors', 'visitors must be true or false.');
  return text === 'true';
}

function parseFields(raw: RawParameters, withVisitors: boolean): readonly ClickColumnName[] {
  const names = splitList(valueOf(raw, 'fields') ?? '');
  const fields = [...new Set(names.map(fieldNamed))];
  if (fields.includes('visitor') && !withVisitors) {
    throw invalid('fields', 'The field visitor goes with visitors=true only.');
  }
  if (fields.length > 0) return fields;
  const defaults = CLICK_COLUMN_NAMES.filter((name) => clickColumnOf(name).isDefault);
  return withVisitors ? [...defaults, 'visitor'] : defaults;
}

function fieldNamed(name: string): ClickColumnName {
  const known = CLICK_COLUMN_NAMES.find((one) => one === name);
  if (known !== undefined) return known;
  const nearest = nearestName(name, CLICK_COLUMN_NAMES);
  const hint =
    nearest === undefined ? `It can be: ${CLICK_COLUMN_NAMES.join(', ')}.` : `Did you mean ${nearest}?`;
  throw invalid('fields', `fields cannot name ${quotable(name)}. ${hint}`);
}

function parseOrder(raw: RawParameters): ClickOrder | undefined {
  const text = valueOf(raw, 'order');
  if (text === undefined) return undefined;
  const order = CLICK_ORDERS.find((known) => known === text);
  if (order === undefined) throw invalid('order', `order must be one of: ${CLICK_ORDERS.join(', ')}.`);
  return order;
}
