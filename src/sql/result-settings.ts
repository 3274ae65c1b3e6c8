/** ClickHouse's settings that results depend on: without them some queries of Spoor have wrong results. */
export const RESULT_SETTINGS = {
  // In grouping sets, these would leave out a key that is a function of another one, so that it is empty in the rows, and group by
  // what a function is of, so that rows without that key have the function's value of nothing.
  optimize_group_by_function_keys: 0,
  optimize_injective_functions_in_group_by: 0,
} as const;
