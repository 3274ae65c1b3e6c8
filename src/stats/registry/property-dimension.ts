import { param, sql } from '../../sql/sql.ts';
import { NONE } from '../../lib/none.ts';
import { PROPERTY_PREFIX } from '../../lib/property-prefix.ts';
import { quotable, wellFormed } from '../../lib/text.ts';
import type { ValueDimension } from './dimension.ts';
import type { PropertyName } from './properties.ts';

/** The dimension of a property of the clicks' own. */
export function propertyDimension(name: PropertyName): ValueDimension {
  const key = param('String', wellFormed(name.slice(PROPERTY_PREFIX.length)));
  return {
    column: () => sql`if(properties[${key}] = '', ${param('String', NONE)}, properties[${key}])`,
    order: 'text',
    words: { one: quotable(name), many: quotable(name) },
    topic: 'property',
    example: 'pro',
  };
}
