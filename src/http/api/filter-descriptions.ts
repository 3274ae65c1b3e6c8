import { CASE_OPTION } from '../../stats/parse/filter-form.ts';
import { FILTER_ALIASES, MAX_FILTER_DEPTH } from '../../stats/parse/filter-json.ts';
import { FILTER_LIMITS, FILTER_PARAMETERS } from '../../stats/parse/filter-parameters.ts';
import { COMBINATIONS } from '../../stats/parse/filter.ts';
import type { ValueDimension } from '../../stats/registry/dimension.ts';
import { FILTER_NAMES, type FilterName, PARAMETER_FILTERS } from '../../stats/registry/dimension-names.ts';
import { DIMENSIONS } from '../../stats/registry/dimensions.ts';
import { OPERATOR_NAMES, operatorOf } from '../../stats/registry/operators.ts';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';
import type { JsonSchema } from '../openapi/schemas.ts';
import { type Described, codes, grouped } from './parameter-texts.ts';

/** What is true of every parameter that takes several values. */
export const COMMAS =
  'Several are separated by commas; `\\,` is a comma in a value. Given twice, they add up.';

/** The parameters that narrow the clicks by the values of dimensions. */
export function filterParameters(): Readonly<Record<string, Described>> {
  return {
    filters: {
      description: `Filters in JSON. The values of each dimension are alternatives, dimensions are combined. Dimensions: ${codes(FILTER_NAMES)}${[...FILTER_ALIASES].map(([alias, name]) => ` (also \`${alias}\`, which is \`${name}\`)`).join('')}. In place of values an object can stand that has values by operator, such as \`{"browser": {"is_not": ["Chrome"]}}\`. Operators: ${operators()}. Beside them, \`"${CASE_OPTION}": false\` makes letter case not matter. The array form says the same as \`["is_not", "browser", ["Chrome"], {"${CASE_OPTION}": false}]\`, and combines such filters: ${COMBINED}, up to ${MAX_FILTER_DEPTH} deep. ${FILTER_BOUNDS}`,
      schema: { type: 'string', contentMediaType: 'application/json', contentSchema: FILTERS },
      example: '{"browser":["Chrome","Firefox"]}',
    },
    conditions: conditions(FILTER_NAMES),
    ...Object.fromEntries(
      PARAMETER_FILTERS.map((name) => {
        const { filterNote, example }: ValueDimension = DIMENSIONS[name];
        const description = ['Only clicks with one of these values.', filterNote, COMMAS];
        return [
          name,
          { description: description.filter(Boolean).join(' '), schema: { type: 'string' }, example },
        ];
      }),
    ),
  };
}

const COMBINED = COMBINATIONS.map(
  (name) => `\`["${name}", ${name === 'not' ? 'filter' : '[filter, …]'}]\``,
).join(', ');

const FILTER_BOUNDS = `At most ${FILTER_LIMITS.conditions} conditions, ${grouped(FILTER_LIMITS.values)} values and ${FILTER_LIMITS.patterns} regular expressions of ${grouped(FILTER_LIMITS.patternLength)} characters, which together repeat parts by counts, such as \`{10}\`, or have classes of Unicode, such as \`\\p{L}\`, ${FILTER_LIMITS.costlyParts} times.`;

/** One parameter for each dimension and operator. @param names the dimensions */
export function conditions(names: readonly FilterName[]): Described {
  const own = FILTER_PARAMETERS.filter(
    ({ dimension, name }) => name !== dimension && names.includes(dimension),
  );
  return {
    description: `Only clicks with values that an operator finds: parameters named by a dimension and an operator, such as \`browser.is_not=Chrome,Firefox\`, or by a property, \`property.plan=pro\` and \`property.plan.is_not=free\`. ${COMMAS}`,
    style: 'form',
    explode: true,
    schema: {
      type: 'object',
      properties: Object.fromEntries(own.map(({ name }) => [name, { type: 'string' }])),
      patternProperties: { [PROPERTY_NAMES]: { type: 'string' } },
      additionalProperties: false,
    },
    example: { 'browser.is_not': 'Chrome,Firefox' },
  };
}

const VALUES: JsonSchema = { type: ['string', 'array'], items: { type: 'string' } };

/** The values of a dimension, or those of each operator. */
const FILTER: JsonSchema = {
  type: ['string', 'array', 'object'],
  items: { type: 'string' },
  properties: {
    ...Object.fromEntries(OPERATOR_NAMES.map((operator) => [operator, VALUES])),
    [CASE_OPTION]: { type: 'boolean', default: true },
  },
  additionalProperties: false,
};

/** What the parameter `filters` takes. */
export const FILTERS: JsonSchema = {
  type: ['object', 'array'],
  properties: Object.fromEntries([...FILTER_NAMES, ...FILTER_ALIASES.keys()].map((name) => [name, FILTER])),
  patternProperties: { [PROPERTY_NAMES]: FILTER },
  additionalProperties: false,
  minItems: 2,
  maxItems: 4,
};

function operators(): string {
  return OPERATOR_NAMES.map((name) => `\`${name}\` (${operatorOf(name).description})`).join(', ');
}
