import { z } from 'zod';

/** An instant as responses write it where no time zone was asked for: ISO 8601, UTC. */
export const timestampSchema = z
  .string()
  .meta({ format: 'date-time', examples: ['2026-01-31T10:00:00.000Z'] });
