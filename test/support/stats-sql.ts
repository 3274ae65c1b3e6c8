import { type RenderedSql, render } from '../../src/sql/render.ts';
import type { StatsQuery } from '../../src/stats/query.ts';
import { type PlanOptions, planStats } from '../../src/stats/plan-stats.ts';
import { compile } from '../../src/stats/sql/compile.ts';
import type { Tenant } from '../../src/stats/sql/conditions.ts';

export const OWNER: Tenant = { kind: 'owner', ownerId: 'me' };

/** A day of an owner's clicks by browser, in hours of UTC where it is about time. */
export const QUERY: StatsQuery = {
  subject: { scope: 'all', ownerId: undefined },
  range: { start: Date.parse('2026-01-01T00:00Z'), end: Date.parse('2026-01-02T00:00Z') },
  groupBy: ['browser'],
  metrics: ['clicks', 'unique_clicks'],
  timezone: 'UTC',
  interval: 'hour',
  breakdown: false,
  filters: [],
  bots: 'include',
  limit: 1_000,
  sameClock: true,
};

/** The SQL and parameters of the query with a change to it. */
export function compiled(
  change: Partial<StatsQuery>,
  { tenant = OWNER, ...options }: PlanOptions & { readonly tenant?: Tenant } = {},
): RenderedSql {
  return render(compile(planStats({ ...QUERY, ...change }, tenant, options)));
}

/** Its text as people read it: indented, with the values in their places. Never to be run. */
export function readable(...asked: Parameters<typeof compiled>): string {
  return readableSql(compiled(...asked));
}

/** The same of any rendered SQL. */
export function readableSql({ sql, params }: RenderedSql): string {
  return indented(sql).replaceAll(/\{(p\d+):[^}]*\}/g, (_, name: string) => JSON.stringify(params[name]));
}

/** The lines of a text from the first that begins with one text to the line before one that begins with another. */
export function linesBetween(text: string, from: string, to: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith(from));
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith(to));
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** Subqueries, and what stands below SELECT and WHERE, by two spaces more. */
function indented(text: string): string {
  let depth = 0;
  let isInSelect = false;
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith(')')) depth--;
      if (line.startsWith('FROM')) isInSelect = false;
      const extra = isInSelect || line.startsWith('AND') ? 1 : 0;
      const written = '  '.repeat(depth + extra) + line;
      if (line === 'SELECT') isInSelect = true;
      if (line.endsWith('(')) depth++;
      return written;
    })
    .join('\n');
}
