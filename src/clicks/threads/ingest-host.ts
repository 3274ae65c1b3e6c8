import type { Database } from '../../clickhouse/database.ts';
import type { Room } from '../../fair-share/room.ts';
import { type Remote, moved, ownBytes } from '../../process/thread-calls.ts';
import type { MissingClicksOptions } from '../import/missing-clicks.ts';
import type { IngestContext, IngestOptions } from '../ingest-options.ts';
import type { PlaceFiles } from '../place-database.ts';
import {
  type MainCalls,
  ROOM_ANSWERS,
  type SentBlock,
  type ThreadCalls,
  type ThreadRoom,
} from './ingest-calls.ts';

/** What the main thread lets others use. */
export interface HostParts {
  readonly context: Pick<IngestContext, 'writer' | 'urls'>;
  readonly database: Pick<Database, 'rows' | 'binaryRows'>;
  readonly placeFiles: () => Promise<PlaceFiles>;
}

/** What a request of one kind has around it. */
export type Surroundings = Pick<MissingClicksOptions, 'count' | 'alone'> & Pick<IngestOptions, 'mayStore'>;

/** The main thread's side of a request that another one works on. */
export class IngestHost {
  /** As the other thread counts it. */
  readonly threadRoom: ThreadRoom;
  /** Why more room was refused. */
  refusal: unknown;
  readonly #room: Room;
  readonly #inserts = new Set<Promise<void>>();

  constructor(room: Room) {
    this.#room = room;
    const granted = room.leased;
    room.take(granted);
    this.threadRoom = { most: room.most, granted, answer: new Int32Array(new SharedArrayBuffer(4)) };
  }

  /** @param thread is called back */
  calls(
    { context, database, placeFiles }: HostParts,
    { count, alone, mayStore }: Surroundings,
    thread: () => Remote<ThreadCalls>,
  ): MainCalls {
    const { urls, writer } = context;
    const codes: (readonly string[])[] = [];
    const resume = async (work: number): Promise<void> => {
      try {
        await thread().call('resume', [work]);
      } finally {
        // A thread that has ended may have left one behind.
        await Promise.allSettled(this.#inserts);
      }
    };
    return {
      placeFiles,
      growRoom: (units) => this.#grow(units),
      addCodes: (more) => void codes.push(more),
      withinCodes: (work) => urls.codeLock.within(eachOf(codes), () => resume(work)),
      mayStore: async () => mayStore?.(),
      alone: (work) => alone(() => resume(work)),
      findMany: (some) => urls.findMany(some),
      registerMissing: (wanted) => urls.registerMissing(wanted),
      rows: (query, options) => database.rows(query, options),
      binaryRows: async (query, options) => {
        const rows = await database.binaryRows(query, options);
        const bytes = ownBytes(rows);
        return moved(bytes, [bytes.buffer]);
      },
      insert: (block) => {
        const insert = insertOf(writer, block);
        this.#inserts.add(insert);
        return insert.finally(() => this.#inserts.delete(insert));
      },
      count,
    };
  }

  #grow(units: number): void {
    const { answer } = this.threadRoom;
    let result: number = ROOM_ANSWERS.granted;
    try {
      this.#room.take(units);
      this.refusal = undefined;
    } catch (error) {
      this.#room.give(units);
      this.refusal = error;
      result = ROOM_ANSWERS.refused;
    }
    Atomics.store(answer, 0, result);
    Atomics.notify(answer, 0);
  }
}

function insertOf(
  writer: IngestContext['writer'],
  { columns, options, owners, pieces }: SentBlock,
): Promise<void> {
  return writer.writeBlock({
    columns,
    options,
    owners,
    pieces: async function* () {
      for (const { buffer, byteOffset, byteLength } of pieces)
        yield Buffer.from(buffer, byteOffset, byteLength);
    },
  });
}

function eachOf<Item>(lists: readonly (readonly Item[])[]): Iterable<Item> {
  return {
    *[Symbol.iterator]() {
      for (const list of lists) yield* list;
    },
  };
}
