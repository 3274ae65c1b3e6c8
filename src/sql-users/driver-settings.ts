/** A setting that drivers send with their queries, or people choose in a tool. */
interface DriverSetting {
  /** In force until a client sets it; ClickHouse's own default unless given. */
  readonly value?: number;
  /** The smallest value, where 0 means that there is no limit. */
  readonly min?: number;
  /** The largest value; none for a name or a mode, which costs nothing. */
  readonly max?: number;
  readonly sentBy: string;
}

const MEBIBYTE = 1_048_576;

/**
 * The only settings that an SQL user may change. Its queries are refused if they change any other: some widen its limits, and
 * `additional_table_filters` would be evaluated on the clicks of other owners.
 */
export const DRIVER_SETTINGS = {
  max_execution_time: { value: 60, min: 1, max: 300, sentBy: 'Grafana, clickhouse-go' },
  max_result_rows: { value: 10_000_000, min: 1, max: 10_000_000, sentBy: 'JDBC (Metabase, DBeaver)' },
  result_overflow_mode: { sentBy: 'JDBC (Metabase, DBeaver)' },
  limit: { max: 10_000_000, sentBy: 'Grafana' },
  session_timezone: { sentBy: 'Metabase' },
  select_sequential_consistency: { max: 1, sentBy: 'Metabase' },
  join_use_nulls: { max: 1, sentBy: 'Tableau' },
  date_time_input_format: { sentBy: 'clickhouse-connect (Superset)' },
  date_time_output_format: { sentBy: 'scripts' },
  enable_http_compression: { max: 1, sentBy: 'clickhouse-connect, clickhouse-js' },
  http_zlib_compression_level: { max: 6, sentBy: 'scripts' },
  send_progress_in_http_headers: { max: 1, sentBy: 'clickhouse-connect' },
  http_headers_progress_interval_ms: { min: 100, max: 600_000, sentBy: 'clickhouse-connect' },
  http_wait_end_of_query: { max: 1, sentBy: 'scripts' },
  http_response_buffer_size: { max: 10 * MEBIBYTE, sentBy: 'scripts' },
  output_format_json_quote_64bit_integers: { max: 1, sentBy: 'clickhouse-js' },
  output_format_json_named_tuples_as_objects: { max: 1, sentBy: 'clickhouse-js' },
  output_format_arrow_string_as_string: { max: 1, sentBy: 'clickhouse-connect' },
  output_format_binary_write_json_as_string: { max: 1, sentBy: 'JDBC' },
} as const satisfies Readonly<Record<string, DriverSetting>>;

export type DriverSettingName = keyof typeof DRIVER_SETTINGS;

/** One of them, whichever it is. */
export function driverSettingOf(name: DriverSettingName): DriverSetting {
  return DRIVER_SETTINGS[name];
}
