import type { ESCAPE_CHOICES } from '../click-rows/export-request.ts';
import type { ClickFormatName } from '../export/click-formats.ts';
import type { Compression } from '../export/compressions.ts';
import type { ExportFormatName } from '../export/formats.ts';
import type { StatsQuery } from './query-parameters.ts';
import type { ClicksQuery } from './stored-click.ts';

/** A file of statistics, as `GET /api/v1/export` sends it. */
export type StatsExport = Omit<StatsQuery, 'explain'> & {
  readonly what?: 'stats' | undefined;
  readonly format: ExportFormatName;
};

/** A file of the clicks themselves, as `GET /api/v1/export/clicks` sends it. */
export type ClicksExport = Omit<ClicksQuery, 'limit'> & {
  readonly what: 'clicks';
  readonly format: ClickFormatName;
  readonly compress?: Compression | undefined;
  readonly escape?: (typeof ESCAPE_CHOICES)[number] | undefined;
};

export type ExportQuery = StatsExport | ClicksExport;
