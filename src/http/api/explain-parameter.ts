import { invalid } from '../../errors.ts';
import { type RawParameters, valueOf } from '../../stats/parse/raw-parameters.ts';
import type { Parameter } from '../openapi/model.ts';

/** Beside the parameters of statistics, for administrators. */
export const EXPLAIN: Parameter = {
  name: 'explain',
  in: 'query',
  description:
    'With `admin:all`: `true` adds `explain`, how the response was computed and what that cost. It is computed in any case.',
  schema: { type: 'boolean', default: false },
};

/** @throws AppError 400 for anything but `true` and `false` */
export function parseExplain(raw: RawParameters): boolean {
  const text = valueOf(raw, EXPLAIN.name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalid(EXPLAIN.name, 'explain must be true or false.');
  return text === 'true';
}
