import type { z } from 'zod';

/** The short code in a route's path. @param schema also says which codes the route takes */
export function codeParameter<Schema extends z.ZodType<string>>(schema: Schema) {
  return {
    in: 'path',
    schema,
    description: 'The short code, percent-encoded.',
    bounds: { minLength: 1, maxLength: 128 },
    example: 'launch',
  } as const;
}
