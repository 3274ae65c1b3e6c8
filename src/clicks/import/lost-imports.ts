import type { Database } from '../../clickhouse/database.ts';
import { TAKE_OVER } from '../../clickhouse/row-versions.ts';
import { param, sql } from '../../sql/sql.ts';
import { type ImportEntry, type ImportLog, LOST_AFTER_MS, type StoredEntry } from './import-log.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';

const LOST =
  'The server stopped before the whole file had come. Every click that was added is counted; of the other lines, those of the last seconds are not.';

type Added = Pick<ImportReport, 'accepted' | 'first_click' | 'last_click'>;

/** Imports that are stored as running, and whose process is gone. What they added since they were written down last is counted. */
export class LostImports {
  readonly #database: Database;
  readonly #log: ImportLog;
  readonly #isAlone: boolean;

  /** @param isAlone no other process imports into this database */
  constructor(database: Database, log: ImportLog, isAlone: boolean) {
    this.#database = database;
    this.#log = log;
    this.#isAlone = isAlone;
  }

  /**
   * The entries of imports that are not running in this process, in order. Those that are lost have failed, and are written down so:
   * they are counted once, and before an erasure takes any of their clicks, if they are looked at before.
   * @throws AppError `unavailable`
   */
  async settled(found: readonly StoredEntry[]): Promise<readonly ImportEntry[]> {
    const lost = found.filter((stored) => this.#isLost(stored));
    if (lost.length === 0) return found.map(({ entry }) => entry);
    const added = await this.#added(lost.map(({ entry }) => entry.id));
    const failed = new Map<bigint, ImportEntry>();
    for (const { entry, version } of lost) {
      const report = withAdded(entry.report, added.get(entry.id));
      const ended: ImportEntry = { ...entry, state: 'failed', error: LOST, report };
      failed.set(entry.id, ended);
      // No more than its process would: what that writes, should it respond again, counts as before.
      await this.#log.write(ended, version + 1);
    }
    return found.map(({ entry }) => failed.get(entry.id) ?? entry);
  }

  #isLost({ entry, ageMs }: StoredEntry): boolean {
    return entry.state === 'running' && (this.#isAlone || ageMs > LOST_AFTER_MS);
  }

  async #added(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, Added>> {
    const rows = await this.#database.rows<[id: string, accepted: number, first: number, last: number]>(sql`
      SELECT toString(import_id), count(), toUnixTimestamp64Milli(min(clicked_at)), toUnixTimestamp64Milli(max(clicked_at))
      FROM clicks WHERE import_id IN arrayMap(id -> toUInt64(id), ${param('Array(String)', ids.map(String))})
      GROUP BY import_id`);
    return new Map(
      rows.map(([id, accepted, first, last]) => [
        BigInt(id),
        { accepted, first_click: new Date(first).toISOString(), last_click: new Date(last).toISOString() },
      ]),
    );
  }
}

/** Whether the process that ran it may not know that it has ended. */
export function mayGoOn({ state, error }: ImportEntry): boolean {
  return state === 'running' || error === LOST;
}

/** A version above what the process that ran the import writes, where it does not know that it has ended. */
export function versionOver({ entry, version }: StoredEntry): number {
  return mayGoOn(entry) ? version + TAKE_OVER : version;
}

function withAdded(report: ImportReport, added: Added = emptyReport()): ImportReport {
  const unreported = Math.max(0, added.accepted - report.accepted);
  return mergeReports(report, { ...emptyReport(), ...added, read: unreported, accepted: unreported });
}
