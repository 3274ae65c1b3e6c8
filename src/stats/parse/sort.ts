import { invalid } from '../../errors.ts';
import { nearestName } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import { DIMENSION_NAMES, type DimensionName } from '../registry/dimension-names.ts';
import { METRIC_NAMES } from '../registry/metrics.ts';
import { type RawParameters, valueOf } from './raw-parameters.ts';
import type { Sort } from '../query.ts';

/**
 * The order that a request asks for: a name, `-` before it for the largest first.
 * @throws AppError 400 for what is neither a metric nor one of the dimensions asked for, and for `change` where nothing is
 * compared
 */
export function parseSort(raw: RawParameters, groupBy: readonly DimensionName[]): Sort | undefined {
  const text = valueOf(raw, 'sort');
  if (text === undefined) return undefined;
  const isDescending = text.startsWith('-');
  const name = isDescending ? text.slice(1) : text;
  const by = [...METRIC_NAMES, ...groupBy, 'change' as const].find((known) => known === name);
  if (by === 'change' && valueOf(raw, 'compare') === undefined) {
    throw invalid('sort', 'sort=change goes with compare only.');
  }
  if (by !== undefined) return { by, isDescending };
  if (DIMENSION_NAMES.some((known) => known === name)) {
    throw invalid('sort', `sort cannot be ${name}, which is not in group_by.`);
  }
  const nearest = nearestName(name, [...METRIC_NAMES, ...groupBy]);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  throw invalid(
    'sort',
    `sort must be a metric or a dimension of group_by, with - before it for the largest first, not "${quotable(name)}".${hint}`,
  );
}
