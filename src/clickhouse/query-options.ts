import type { BaseQueryParams, ClickHouseSettings } from '@clickhouse/client';
import type { Sql } from '../sql/sql.ts';
import type { Workload } from './workloads.ts';

export interface QueryOptions {
  /** What the query is for; a lookup unless given. */
  readonly workload?: Workload;
  /** Seconds the query may run; the deadline of a lookup unless given. */
  readonly maxSeconds?: number;
  /** Threads for the query; ClickHouse decides unless given. */
  readonly threads?: number;
  /** More groups than so many tell that there are others: ClickHouse stops at about as many. All of them unless given. */
  readonly maxGroups?: number;
  readonly signal?: AbortSignal | undefined;
  /** The trace it belongs to, as a `traceparent` header has it. */
  readonly traceparent?: string | undefined;
  /** Called with what it has read, by the time that its first rows came. */
  readonly onSummary?: (summary: QuerySummary) => void;
}

/** What a query has read. */
export interface QuerySummary {
  readonly rows: number;
  readonly bytes: number;
}

/** For a few rows of a small table: more than one thread would only be more work. */
export const LOOK_UP = { threads: 1 } satisfies QueryOptions;

/** The headers that tell ClickHouse which trace a query belongs to. @param traceparent as in the header of that name */
export function traceHeaders(traceparent: string | undefined): Pick<BaseQueryParams, 'http_headers'> {
  return traceparent === undefined ? {} : { http_headers: { traceparent } };
}

/** Settings of a server that is a node of a cluster. */
export interface NodeSettings {
  /** For every statement. */
  readonly statements?: ClickHouseSettings;
  /** The query of a ping; it succeeds only while all that stats queries need responds. */
  readonly pingQuery?: Sql;
}

/** Of a query whose result is read as it comes. */
export interface StreamOptions {
  /** That of exports unless given. */
  readonly workload?: Workload;
  /** Called with the query's id before it is sent. */
  readonly onQueryId?: (queryId: string) => void;
  /** Called, when the signal cuts the result short, with a promise that settles once ClickHouse has ended the query. */
  readonly ended?: (end: Promise<void>) => void;
  /** The trace it belongs to, as a `traceparent` header has it. */
  readonly traceparent?: string | undefined;
}

/** Of a query whose result is a file. */
export interface FileOptions extends StreamOptions {
  /** Of the file's format. */
  readonly settings?: ClickHouseSettings | undefined;
  readonly compression?: 'gzip' | 'zstd' | undefined;
}

/** Called when a query has ended, for metrics. */
export type QueryObserver = (kind: 'select' | 'insert' | 'command', seconds: number, ok: boolean) => void;
