import type { ClickHouseSettings } from '@clickhouse/client';
import { RESULT_SETTINGS } from '../sql/result-settings.ts';

/** One insert is one block, so it becomes at most one part a partition, whole or not at all. */
export const ONE_BLOCK = {
  min_insert_block_size_rows: '10000000',
  min_insert_block_size_bytes: '0',
  // Clicks of many years may come in one request.
  max_partitions_per_insert_block: '0',
} satisfies ClickHouseSettings;

/** For every query that returns rows. */
export const READ_ONLY = {
  // Together they end the query of a client that has gone; the second alone does nothing.
  readonly: '2',
  cancel_http_readonly_queries_on_client_close: 1,
  // All reads of a table inside one query see the same rows.
  enable_shared_storage_snapshot_in_query: 1,
  ...RESULT_SETTINGS,
  // An export of many dimensions and metrics says for each of its lists how a row is written.
  max_query_size: '16777216',
  max_ast_elements: '1000000',
  max_expanded_ast_elements: '5000000',
} satisfies ClickHouseSettings;

/** For results read at a client's pace: time blocked on the reader counts as execution time, and sends time out. */
export const PATIENT = {
  max_execution_time: 0,
  http_send_timeout: 86_400,
  send_timeout: 86_400,
  output_format_json_escape_forward_slashes: 0,
  short_circuit_function_evaluation: 'force_enable',
} satisfies ClickHouseSettings;

/** Sends nothing of a result before all of it is computed. What does not fit into memory is buffered on disk. */
export const WHOLE = {
  wait_end_of_query: 1,
} satisfies ClickHouseSettings;
