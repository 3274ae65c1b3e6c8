import { z } from 'zod';
import { mapEntries } from '../../lib/names.ts';
import { PROPERTY_PREFIX } from '../../lib/property-prefix.ts';
import { CASE_OPTION } from '../../stats/parse/filter-form.ts';
import { FILTER_NAMES } from '../../stats/registry/dimension-names.ts';
import { OPERATORS, OPERATOR_NAMES } from '../../stats/registry/operators.ts';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';

const TEXTS = { type: 'array', items: { type: 'string' } };

const filterValues = z.union([
  z.array(z.string()),
  z.strictObject({
    ...mapEntries(OPERATORS, () => z.array(z.string()).exactOptional()),
    [CASE_OPTION]: z.boolean().exactOptional(),
  }),
]);

const FILTER_VALUES = {
  oneOf: [
    TEXTS,
    {
      type: 'object',
      properties: {
        ...Object.fromEntries(OPERATOR_NAMES.map((name) => [name, TEXTS])),
        [CASE_OPTION]: { type: 'boolean' },
      },
      additionalProperties: false,
    },
  ],
};

/** The name of a property as a dimension. */
export const propertyName = z.templateLiteral([PROPERTY_PREFIX, z.string()]);

/** The filters of a query, as its response repeats them. */
export const filters = z
  .union([z.partialRecord(z.union([z.enum(FILTER_NAMES), propertyName]), filterValues), z.array(z.unknown())])
  .meta({
    description:
      'The filters in their normal form: the values of each filtered dimension as they were sent, by operator where that is not `is` alone. What an object cannot say is in the array form.',
    anyOf: [
      {
        type: 'object',
        properties: Object.fromEntries(FILTER_NAMES.map((name) => [name, FILTER_VALUES])),
        patternProperties: { [PROPERTY_NAMES]: FILTER_VALUES },
        additionalProperties: false,
      },
      { type: 'array', minItems: 2, maxItems: 4 },
    ],
  });
