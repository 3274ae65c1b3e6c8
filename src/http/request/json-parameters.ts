import { toUSVString } from 'node:util';
import { AppError, invalid } from '../../errors.ts';
import { quotable } from '../../lib/text.ts';
import { FILTER_PARAMETERS } from '../../stats/parse/filter-parameters.ts';
import type { RawParameters } from '../../stats/parse/raw-parameters.ts';
import { isPropertyName } from '../../stats/registry/properties.ts';
import { MAX_PARAMETERS, unknownParameter } from './query-string-check.ts';

/** Parameters that take one list of names, which a query string separates by commas. */
const NAME_LISTS: readonly string[] = ['group_by', 'metrics', 'fields'];

/** Parameters that take several values. */
export const LISTS: readonly string[] = [
  ...NAME_LISTS,
  'segment',
  ...FILTER_PARAMETERS.map(({ name }) => name),
];

/** Parameters whose value is JSON in a query string too. */
const JSON_VALUES: readonly string[] = ['filters'];

/**
 * Converts a query sent as a JSON object into the parameters of a query string: lists, numbers and booleans become what
 * stands for them there, `null` what was not sent.
 * @param names the parameters that there are
 * @throws AppError 400 for an unknown name, or a value of a type that no parameter has
 */
export function jsonParameters(
  question: Readonly<Record<string, unknown>>,
  names: readonly string[],
): RawParameters {
  const fields = Object.entries(question);
  if (fields.length > MAX_PARAMETERS) {
    throw new AppError('validation_error', `A request takes at most ${MAX_PARAMETERS} parameters.`);
  }
  return Object.fromEntries(
    fields.flatMap(([name, value]) => {
      if (!names.includes(name) && !isPropertyName(name))
        throw unknownParameter(name, { names, hasBody: false });
      if (value === null) return [];
      if (JSON_VALUES.includes(name)) return [[name, JSON.stringify(value)]];
      if (!Array.isArray(value)) return [[name, textOf(name, value)]];
      if (!LISTS.includes(name) && !isPropertyName(name)) {
        throw invalid(name, `${name} must be one value, not a list.`);
      }
      const parts = value.map((one) => textOf(name, one).replaceAll(',', '\\,'));
      return [[name, NAME_LISTS.includes(name) ? parts.join() : parts]];
    }),
  );
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return toUSVString(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalid(name, `${quotable(name)} must be a text, a number, true or false, or a list of them.`);
}
