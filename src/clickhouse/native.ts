import { ByteWriter } from './byte-writer.ts';

/** A column of a table, and how its values are had from rows of another form. */
export interface NativeColumn<Row> {
  readonly name: string;
  /** As ClickHouse names it; it converts a plain type to that of the table. */
  readonly type: string;
  /** Begins a column of a block. @param out takes its values */
  readonly begin: (out: ByteWriter) => ColumnWriter<Row>;
}

/** A column of one block. */
export interface ColumnWriter<Row> {
  /** Adds some hundred rows: a loop over them takes half as long as a call for each. */
  readonly add: (rows: readonly Row[]) => void;
  /** Writes what could not be written before all rows were known, in steps of a millisecond or so. */
  readonly finish?: () => Iterable<void>;
}

/** How values of a kind are written, whatever column and rows they are of. */
export type NativeType<Value> = <Row>(name: string, value: (row: Row) => Value) => NativeColumn<Row>;

const ITEMS_A_STEP = 512;

function* inSteps<Items extends { readonly length: number; slice: (start: number, end: number) => Items }>(
  items: Items,
  work: (some: Items) => void,
): Generator<void, void> {
  for (let start = 0; start < items.length; start += ITEMS_A_STEP) {
    work(items.slice(start, start + ITEMS_A_STEP));
    yield;
  }
}

export function textColumn<Row>(name: string, value: (row: Row) => string): NativeColumn<Row> {
  return column(name, 'String', (out, row) => out.text(value(row)));
}

/** A block carries its own keys, and the table is to take up those it lacks. */
const OWN_KEYS = 0x600n;
const KEYS_VERSION = 1n;

/**
 * Texts of which many are equal, for a `LowCardinality(String)`: each once, and its place for every row. That is half the
 * bytes, and spares ClickHouse looking for equal ones.
 */
export function sharedTextColumn<Row>(name: string, value: (row: Row) => string): NativeColumn<Row> {
  return {
    name,
    type: 'LowCardinality(String)',
    begin: (out) => {
      const keys = new Map<string, number>();
      const places = new PlaceList();
      let [latest, place]: readonly [string | undefined, number] = [undefined, 0];
      // Of most columns all rows have the same text: their places are zeros, which need not be gathered.
      let count = 0;
      return {
        add: (rows) => {
          if (keys.size > 1) places.reserve(rows.length);
          for (const row of rows) {
            const text = value(row);
            if (text !== latest) {
              place = keys.get(text) ?? keys.size;
              if (place === keys.size) {
                keys.set(text, place);
                if (place === 1) places.begin(count, rows.length);
              }
              latest = text;
            }
            if (keys.size > 1) places.add(place);
            count++;
          }
        },
        *finish() {
          out.unsigned64(KEYS_VERSION);
          yield* putSharedTexts(out, keys, count, places);
        },
      };
    },
  };
}

/** @param places of the texts among the keys, `count` of them; not looked at where there is one key */
function* putSharedTexts(
  out: ByteWriter,
  keys: ReadonlyMap<string, number>,
  count: number,
  places: PlaceList,
): Generator<void, void> {
  // 0, 1, 2: a place takes one byte, two or four.
  const width = keys.size <= 0x100 ? 0 : keys.size <= 0x10000 ? 1 : 2;
  out.unsigned64(OWN_KEYS | BigInt(width));
  out.integer64(keys.size);
  yield* inSteps([...keys.keys()], (some) => {
    for (const text of some) out.text(text);
  });
  out.integer64(count);
  if (keys.size === 1) out.zeros(count);
  else
    yield* inSteps(places.all(), (some) => {
      for (const one of some) out.unsigned(one, 1 << width);
    });
}

/** Numbers of 32 bits, in a buffer that grows. */
class PlaceList {
  #places = new Uint32Array(0);
  length = 0;

  /** Begins with so many zeros. @param more numbers to have room for besides */
  begin(zeros: number, more: number): void {
    this.#places = new Uint32Array(zeros + more);
    this.length = zeros;
  }

  reserve(count: number): void {
    if (this.length + count <= this.#places.length) return;
    const larger = new Uint32Array(Math.max(this.length + count, 2 * this.#places.length));
    larger.set(this.#places);
    this.#places = larger;
  }

  /** There must be room for it. */
  add(place: number): void {
    this.#places[this.length++] = place;
  }

  all(): Uint32Array {
    return this.#places.subarray(0, this.length);
  }
}

/** @param value a whole number, unsigned, 64 bits */
export function uint64Column<Row>(name: string, value: (row: Row) => bigint): NativeColumn<Row> {
  return column(name, 'UInt64', (out, row) => out.unsigned64(value(row)));
}

/** @param value Unix milliseconds */
export function timeColumn<Row>(name: string, value: (row: Row) => number): NativeColumn<Row> {
  return column(name, "DateTime64(3, 'UTC')", (out, row) => out.integer64(value(row)));
}

export function boolColumn<Row>(name: string, value: (row: Row) => boolean): NativeColumn<Row> {
  return column(name, 'Bool', (out, row) => out.byte(value(row) ? 1 : 0));
}

export function nullableFloatColumn<Row>(
  name: string,
  value: (row: Row) => number | null,
): NativeColumn<Row> {
  return {
    name,
    type: 'Nullable(Float64)',
    begin: (out) => {
      // What is null comes first, then the numbers, with any in place of a null.
      const numbers = new ByteWriter();
      return {
        add: (rows) => {
          for (const row of rows) {
            const number = value(row);
            out.byte(number === null ? 1 : 0);
            numbers.double(number ?? 0);
          }
        },
        finish: () => {
          out.pieces(numbers.take());
          return [];
        },
      };
    },
  };
}

const OFFSET_BYTES = 8;

/**
 * Pairs of texts, for a `Map(LowCardinality(String), String)`. Their names are written as those of `sharedTextColumn`.
 * @param value a name, its text, the next name; each name once
 */
export function textMapColumn<Row>(name: string, value: (row: Row) => readonly string[]): NativeColumn<Row> {
  return {
    name,
    type: 'Map(LowCardinality(String), String)',
    begin: (out) => {
      // The position after each row's pairs comes first, then all names, then all values.
      out.unsigned64(KEYS_VERSION);
      const keys = new Map<string, number>();
      const places = new PlaceList();
      const values = new ByteWriter();
      let count = 0;
      let rowsWithout = 0;
      return {
        add: (rows) => {
          for (const row of rows) {
            const pairs = value(row);
            if (pairs.length === 0 && count === 0) {
              rowsWithout++;
              continue;
            }
            if (count === 0) out.zeros(rowsWithout * OFFSET_BYTES);
            places.reserve(pairs.length);
            for (let at = 0; at < pairs.length; at += 2) {
              const key = pairs[at] ?? '';
              const place = keys.get(key) ?? keys.size;
              if (place === keys.size) keys.set(key, place);
              places.add(place);
              values.text(pairs[at + 1] ?? '');
            }
            count += pairs.length / 2;
            out.integer64(count);
          }
        },
        *finish() {
          if (count === 0) out.zeros(rowsWithout * OFFSET_BYTES);
          else yield* putSharedTexts(out, keys, count, places);
          out.pieces(values.take());
        },
      };
    },
  };
}

function column<Row>(
  name: string,
  type: string,
  put: (out: ByteWriter, row: Row) => void,
): NativeColumn<Row> {
  return {
    name,
    type,
    begin: (out) => ({
      add: (rows) => {
        for (const row of rows) put(out, row);
      },
    }),
  };
}
