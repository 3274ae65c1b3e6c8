import { readFileSync } from 'node:fs';
import { z } from 'zod';

const INFINITY = 'yesoreyeram-infinity-datasource';
const CLICKHOUSE = 'grafana-clickhouse-datasource';

const source = z.strictObject({ type: z.enum([INFINITY, CLICKHOUSE]), uid: z.string() });

const infinityTarget = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource: source.extend({ type: z.literal(INFINITY) }),
  type: z.literal('json'),
  source: z.literal('url'),
  parser: z.literal('backend'),
  format: z.literal('table'),
  url: z.string().startsWith('/api/v1/'),
  url_options: z.strictObject({ method: z.literal('GET'), data: z.literal('') }),
  root_selector: z.string(),
  columns: z.array(
    z.strictObject({
      selector: z.string(),
      text: z.string(),
      type: z.enum(['string', 'number', 'timestamp']),
    }),
  ),
  filters: z.tuple([]),
});

const clickHouseTarget = z
  .strictObject({
    refId: z.string().regex(/^[A-Z]$/),
    datasource: source.extend({ type: z.literal(CLICKHOUSE) }),
    editorType: z.literal('sql'),
    queryType: z.enum(['timeseries', 'table']),
    format: z.union([z.literal(0), z.literal(1)]),
    rawSql: z.string(),
    pluginVersion: z.string(),
    meta: z.strictObject({}),
  })
  .refine(({ queryType, format }) => (queryType === 'timeseries') === (format === 0));

const panel = z.strictObject({
  id: z.int().positive(),
  type: z.enum(['stat', 'table', 'timeseries']),
  title: z.string().min(1),
  gridPos: z
    .strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().positive(), h: z.int().positive() })
    .refine(({ x, w }) => x + w <= 24, 'must not be wider than the grid'),
  datasource: source,
  targets: z.array(z.union([infinityTarget, clickHouseTarget])).min(1),
  fieldConfig: z.strictObject({
    defaults: z.looseObject({}),
    overrides: z.array(
      z.strictObject({
        matcher: z.strictObject({ id: z.string(), options: z.string() }),
        properties: z.array(z.strictObject({ id: z.string(), value: z.unknown() })).min(1),
      }),
    ),
  }),
  options: z.looseObject({}),
});

const variable = z.looseObject({
  name: z.string(),
  label: z.string(),
  type: z.enum(['textbox', 'custom', 'query']),
  query: z.string(),
  datasource: source.optional(),
});

/** What Grafana needs of a dashboard that is imported from a file, as far as ours have it. */
export const dashboardSchema = z.strictObject({
  __inputs: z.array(
    z.strictObject({
      name: z.string(),
      label: z.string(),
      description: z.string(),
      type: z.literal('datasource'),
      pluginId: z.string(),
      pluginName: z.string(),
    }),
  ),
  __requires: z.array(
    z.strictObject({
      type: z.enum(['grafana', 'datasource', 'panel']),
      id: z.string(),
      name: z.string(),
      version: z.string(),
    }),
  ),
  id: z.null(),
  uid: z.string().max(40),
  title: z.string(),
  tags: z.array(z.string()),
  schemaVersion: z.int(),
  version: z.int(),
  editable: z.boolean(),
  graphTooltip: z.int(),
  timezone: z.string(),
  refresh: z.string(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  annotations: z.strictObject({ list: z.tuple([]) }),
  links: z.tuple([]),
  templating: z.strictObject({ list: z.array(variable) }),
  panels: z.array(panel),
});

export type Dashboard = z.infer<typeof dashboardSchema>;
type Target = Dashboard['panels'][number]['targets'][number];
export type InfinityTarget = z.infer<typeof infinityTarget>;

export function readDashboard(file: string): Dashboard {
  return dashboardSchema.parse(JSON.parse(readFileSync(`docs/grafana/${file}`, 'utf8')));
}

export function isInfinity(target: Target): target is InfinityTarget {
  return 'url' in target;
}

/** The queries of its panels. */
export function targetsOf({ panels }: Dashboard): readonly Target[] {
  return panels.flatMap(({ targets }) => targets);
}

export interface Chosen {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** What is chosen of each variable; not given: all that it has. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A text with its variables and the macros of Grafana and of its ClickHouse data source as they send it. */
export function expanded(text: string, { from, to, variables }: Chosen): string {
  const seconds = (instant: number): string => `toDateTime(${Math.floor(instant / 1000)})`;
  return text
    .replaceAll(/\$__conditionalAll\((.*?\)), \$(\w+)\)/g, (_, condition: string, name: string) =>
      variables[name] === undefined ? '1=1' : condition,
    )
    .replaceAll(/\$__timeFilter\((\w+)\)/g, `$1 >= ${seconds(from)} AND $1 <= ${seconds(to)}`)
    .replaceAll(/\$__timeInterval\((\w+)\)/g, 'toStartOfInterval(toDateTime($1), INTERVAL 3600 second)')
    .replaceAll('$__fromTime', seconds(from))
    .replaceAll('${__from}', String(from))
    .replaceAll('${__to}', String(to))
    .replaceAll(/\$\{(\w+):(\w+)\}|\$\{(\w+)\}|\$(\w+)/g, (_, ...groups: readonly (string | undefined)[]) => {
      const [formatted, format, braced, plain] = groups;
      const value = variables[formatted ?? braced ?? plain ?? ''];
      if (value === undefined) throw new Error(`Nothing is chosen for ${formatted ?? braced ?? plain}.`);
      return format === 'percentencode'
        ? encodeURIComponent(value)
        : format === 'singlequote'
          ? `'${value}'`
          : value;
    });
}
