/** A value that is not accepted as it was sent, with the reason. */
export class Rejected {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Makes a field of one record from the field of the same name of another. */
export type FieldMap<Value, Mapped, Context> = (value: Value, context: Context) => Mapped | Rejected;

/** What becomes of a field that is undefined. */
interface Absent<Mapped> {
  readonly value: Mapped;
}

const PLAIN_NAME = /^[a-z][a-z_\d]*$/;

/**
 * A function that makes a record of another, field by field: `(from, context) => ({ a: map(from.a, context), … })`.
 * It returns undefined as soon as one field is rejected.
 *
 * It is compiled from source text, written out as one would by hand: a loop over the names takes three times as long,
 * since V8 then looks each property up by its name (docs/decisions/compiled-click-fields.md).
 * @param names the fields of the record that is made, in order; plain snake_case
 * @param absentOf what becomes of a field that is undefined, which saves a call; undefined where its map is to be asked
 */
export function recordMapper<
  From extends { readonly [Name in keyof To]?: unknown },
  To extends object,
  Context,
>(
  names: readonly (keyof To & string)[],
  mapOf: <Name extends keyof To & string>(name: Name) => FieldMap<From[Name], To[Name], Context>,
  absentOf: <Name extends keyof To & string>(name: Name) => Absent<To[Name]> | undefined = () => undefined,
): (from: From, context: Context) => To | undefined {
  const absents = names.map((name) => absentOf(name));
  const source = [
    'return (from, context) => {',
    ...names.map(
      (name, place) => `
  let made${place} = from.${plain(name)};
  ${absents[place] === undefined ? '' : `if (made${place} === undefined) made${place} = absents[${place}].value; else`} {
    made${place} = map${place}(made${place}, context);
    if (typeof made${place} === 'object' && made${place} instanceof Rejected) return undefined;
  }`,
    ),
    `  return { ${names.map((name, place) => `${name}: made${place}`).join(', ')} };`,
    '};',
  ].join('\n');
  const maps = names.map((name) => mapOf(name));
  // oxlint-disable-next-line typescript/no-implied-eval -- the names are plain, and nothing else goes in
  return new Function('Rejected', 'absents', ...names.map((_, place) => `map${place}`), source)(
    Rejected,
    absents,
    ...maps,
  );
}

/** `(from) => from.record.name`, compiled for the same reason. */
export function propertyReader<
  Outer extends string,
  Name extends string,
  From extends { readonly [Only in Outer]: { readonly [Only in Name]: unknown } },
>(record: Outer, name: Name): (from: From) => From[Outer][Name] {
  // oxlint-disable-next-line typescript/no-implied-eval -- the names are plain
  return new Function(`return (from) => from.${plain(record)}.${plain(name)};`)();
}

/** `(from) => from.a.length + from.b.length + …`, compiled for the same reason. */
export function textLengths<
  From extends { readonly [Other in Name]: string },
  Name extends keyof From & string,
>(names: readonly Name[]): (from: From) => number {
  const lengths = names.map((name) => `from.${plain(name)}.length`);
  // oxlint-disable-next-line typescript/no-implied-eval -- the names are plain
  return new Function(`return (from) => ${['0', ...lengths].join(' + ')};`)();
}

function plain(name: string): string {
  if (!PLAIN_NAME.test(name)) throw new Error(`${name} is no plain name for a field.`);
  return name;
}
