import type { Database } from '../../clickhouse/database.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { type Remote, ownBytes } from '../../process/thread-calls.ts';
import type { ClickUrls, IngestContext } from '../ingest-options.ts';
import type { ClickValues, PlacedRow } from '../insert-rows.ts';
import { type OnceName, clickBlock } from '../writer.ts';
import type { MainCalls } from './ingest-calls.ts';

const CODES_A_CALL = 4_096;
const ROWS_A_LOOK = 64;

/** What the requests that a thread works on share. */
export interface ThreadParts extends Pick<IngestContext, 'keptSince' | 'needsPlace'> {
  /** @param main of the request whose click needs the steps */
  readonly steps: (withPlace: boolean, main: Remote<MainCalls>) => ReturnType<IngestContext['steps']>;
}

/** What ingestion works with, of one request that a thread works on: all but the enrich steps is of the main thread. */
export class RemoteContext implements IngestContext {
  readonly keptSince: IngestContext['keptSince'];
  readonly needsPlace: IngestContext['needsPlace'];
  readonly #steps: ThreadParts['steps'];
  readonly #main: Remote<MainCalls>;
  readonly #callbacks = new Map<number, () => Promise<void>>();
  #lastCallback = 0;

  constructor(main: Remote<MainCalls>, { steps, keptSince, needsPlace }: ThreadParts) {
    this.#main = main;
    this.#steps = steps;
    this.keptSince = keptSince;
    this.needsPlace = needsPlace;
  }

  steps(withPlace: boolean): ReturnType<IngestContext['steps']> {
    return this.#steps(withPlace, this.#main);
  }

  get urls(): ClickUrls {
    return {
      findMany: async (codes) => new Map(await this.#main.call('findMany', [codes])),
      registerMissing: (wanted) => this.#main.call('registerMissing', [wanted]),
      codeLock: { within: (codes, work) => this.#within(codes, work) },
    };
  }

  get database(): Pick<Database, 'rows' | 'binaryRows'> {
    return {
      rows: async <Row extends readonly unknown[]>(...[query, options]: Parameters<Database['rows']>) =>
        (await this.#main.call('rows', [query, options])) as readonly Row[],
      binaryRows: async (query, options) => {
        const { buffer, byteOffset, byteLength } = await this.#main.call('binaryRows', [query, options]);
        return Buffer.from(buffer, byteOffset, byteLength);
      },
    };
  }

  get writer(): IngestContext['writer'] {
    return {
      write: async (rows, once) => {
        const [first] = rows;
        if (first !== undefined) await this.#insert(await blockOf(rows, first, once));
      },
      writeBlock: (block) => this.#insert(block),
    };
  }

  async #insert(block: ClickValues): Promise<void> {
    const own: Uint8Array<ArrayBuffer>[] = [];
    const { columns, options, owners } = block;
    for await (const piece of block.pieces()) own.push(ownBytes(piece));
    await this.#main.call(
      'insert',
      [{ columns, options, owners, pieces: own }],
      own.map(({ buffer }) => buffer),
    );
  }

  async #within<T>(codes: Iterable<string>, work: () => Promise<T>): Promise<T> {
    let some: string[] = [];
    const yieldIfDue = timeSlices();
    for (const code of codes) {
      if (some.push(code) < CODES_A_CALL) continue;
      await this.#main.call('addCodes', [some]);
      some = [];
      await yieldIfDue();
    }
    await this.#main.call('addCodes', [some]);
    return this.callback('withinCodes', work);
  }

  /** Runs work inside a call of the main thread, which resumes it. */
  async callback<T>(name: 'withinCodes' | 'alone', work: () => Promise<T>): Promise<T> {
    const place = ++this.#lastCallback;
    const done = new Promise<T>((resolve) => {
      this.#callbacks.set(place, async () => {
        const result = await work();
        resolve(result);
      });
    });
    try {
      await this.#main.call(name, [place]);
    } finally {
      this.#callbacks.delete(place);
    }
    return done;
  }

  /** Runs the work that waits under a number. */
  async resume(place: number): Promise<void> {
    await this.#callbacks.get(place)?.();
  }
}

async function blockOf(
  rows: readonly PlacedRow[],
  first: PlacedRow,
  once: OnceName | undefined,
): Promise<ClickValues> {
  if (once?.isRetry === true) throw new Error('A retry is completed by the main thread.');
  const block = clickBlock(once, first);
  const yieldIfDue = timeSlices(ROWS_A_LOOK);
  for (const row of rows) {
    block.add(row);
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
  return block;
}
