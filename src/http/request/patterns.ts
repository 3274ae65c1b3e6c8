import { refusedPattern } from '../../clickhouse/failures.ts';
import { LOOK_UP } from '../../clickhouse/query-options.ts';
import { invalid } from '../../errors.ts';
import { quotable } from '../../lib/text.ts';
import { join, param, sql } from '../../sql/sql.ts';
import { type Filter, conditionsIn } from '../../stats/parse/filter.ts';
import { patternsIn } from '../../stats/parse/filter-parameters.ts';
import type { Services } from './services.ts';

/**
 * Has ClickHouse compile the regular expressions of some filters, before it reads any click for them.
 * @throws AppError 400 with the reason where one does not compile, or is too large once it is compiled
 */
export async function checkPatterns(
  { database }: Pick<Services, 'database'>,
  filters: readonly Filter[],
): Promise<void> {
  const patterns = patternsIn(conditionsIn(filters));
  if (patterns.length === 0) return;
  const tries = patterns.map((pattern) => sql`match('', ${param('String', pattern)})`);
  try {
    await database.rows(sql`SELECT ${join(tries, ', ')}`, LOOK_UP);
  } catch (error) {
    const refused = refusedPattern(error, patterns);
    if (refused === undefined) throw error;
    const { pattern, reason } = refused;
    throw invalid(
      'filters',
      `The pattern "${quotable(pattern)}" is no regular expression: ${quotable(reason)}.`,
    );
  }
}
