import type { ClickHouseSettings } from '@clickhouse/client';
import { namesOf } from '../lib/names.ts';
import { DRIVER_SETTINGS, driverSettingOf } from './driver-settings.ts';

/** A setting of an SQL user, with what clients may make of it. */
export interface UserSetting {
  readonly name: string;
  readonly value?: string | number;
  readonly min?: number;
  readonly max?: number;
  readonly isChangeable: boolean;
}

const GIBIBYTE = 1_073_741_824;

const FIXED = {
  readonly: 1,
  allow_ddl: 0,
  allow_introspection_functions: 0,
  // A user's condition must not be evaluated before the view's own has left out other owners' clicks.
  optimize_move_to_prewhere: 0,
  // Nor may what its queries leave in a cache change what another's read.
  use_query_condition_cache: 0,
  cancel_http_readonly_queries_on_client_close: 1,
  max_threads: 4,
  max_concurrent_queries_for_user: 20,
  max_temporary_data_on_disk_size_for_query: 5 * GIBIBYTE,
  max_temporary_data_on_disk_size_for_user: 10 * GIBIBYTE,
} satisfies Readonly<Record<string, number>>;

/** Of a query, for a server that does not say how much it may use. */
const MEMORY_UNLESS_KNOWN = GIBIBYTE;

/**
 * All settings of an SQL user.
 * @param ofClass what queries without a key are told: those of an SQL user have their workload and their share of the memory
 * @param queries how many of them share it
 */
export function userSettings(ofClass: ClickHouseSettings, queries: number): readonly UserSetting[] {
  const { workload, max_memory_usage: known } = ofClass;
  const memory = Number(known ?? MEMORY_UNLESS_KNOWN);
  const fixed: Readonly<Record<string, string | number>> = {
    ...FIXED,
    ...(workload === undefined ? {} : { workload }),
    max_memory_usage: memory,
    max_memory_usage_for_user: memory * queries,
    // It uses the disk from half of that on.
    max_bytes_before_external_group_by: Math.floor(memory / 2),
    max_bytes_before_external_sort: Math.floor(memory / 2),
  };
  return [
    ...Object.entries(fixed).map(([name, value]) => ({ name, value, isChangeable: false })),
    ...namesOf(DRIVER_SETTINGS).map((name) => {
      const { sentBy: _, ...bounds } = driverSettingOf(name);
      return { name, ...bounds, isChangeable: true };
    }),
  ];
}
