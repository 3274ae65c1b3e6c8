import { z } from 'zod';
import { VISITOR_PLANS } from '../../stats/plan.ts';
import { count, decimal } from './metric-schemas.ts';

export const explanation = z
  .strictObject({
    sql: z.string().describe('The query with its values in their places, as it can be run.'),
    plan: z
      .strictObject({
        visitors: z.enum(VISITOR_PLANS).describe('How distinct visitors are counted.'),
        one_pass: z.boolean().describe('Whether the summary is counted together with the only list.'),
        sharded: z.boolean().describe('Whether each shard of a cluster counts its own clicks.'),
        workload: z.string().describe('The workload that the query ran in.'),
      })
      .describe('How it was counted.'),
    read_rows: count.describe('Rows that ClickHouse read.'),
    read_bytes: count.describe('Bytes that it read, uncompressed.'),
    clickhouse_ms: decimal.describe('Milliseconds until all its rows were there.'),
    cache: z
      .strictObject({
        outcome: z
          .enum(['hit', 'miss', 'off'])
          .describe('What the same request without `explain` would have found in the cache.'),
        reason: z.string().nullable().describe('Why it would have been a miss.'),
        kept: z
          .enum(['one_second', 'until_changed', 'not_at_all'])
          .describe(
            'How long its response would be kept: for a second, or until clicks of its range change.',
          ),
      })
      .describe('What the cache does for the same request without `explain`.'),
  })
  .describe('How the response was computed. Only with `explain=true`.');
