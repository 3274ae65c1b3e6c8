import type { ClickPosition, OrderedQuery, PageRow } from '../../click-rows/click-position.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';

/** What page of a listing is wanted. */
export interface ClickPageRequest {
  readonly query: OrderedQuery;
  readonly tenant: Tenant;
  readonly after: ClickPosition | undefined;
  readonly limit: number;
  /** Whether it reads next to nothing, whatever its range. */
  readonly isCheap?: boolean;
}

export interface ClickPage {
  readonly rows: readonly PageRow[];
  /** Where the next page goes on; undefined: there are no more clicks. */
  readonly next: ClickPosition | undefined;
}
