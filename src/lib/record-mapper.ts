/** Why a value cannot be mapped. */
export class Unfit {
  readonly error: string;

  constructor(error: string) {
    this.error = error;
  }
}

/** Makes a field of one record from the field of the same name of another. */
export interface FieldMap<Value, Mapped, Context> {
  /** Whether `map` takes the value. */
  readonly fits: (value: Value) => boolean;
  readonly map: (value: Value, context: Context) => Mapped | Unfit;
}

const PLAIN_NAME = /^[a-z][a-z_\d]*$/;

/**
 * A function that makes a record of another, field by field: `(from, context) => ({ a: map(from.a, context), … })`.
 * It returns undefined as soon as one field does not fit.
 *
 * It is compiled from source text, written out as one would by hand: a loop over the names takes three times as long,
 * since V8 then looks each property up by its name (docs/decisions/compiled-click-fields.md).
 * @param names the fields of the record that is made, in order; plain snake_case
 */
export function recordMapper<
  From extends { readonly [Name in keyof To]?: unknown },
  To extends object,
  Context,
>(
  names: readonly (keyof To & string)[],
  fieldOf: <Name extends keyof To & string>(name: Name) => FieldMap<From[Name], To[Name], Context>,
): (from: From, context: Context) => To | undefined {
  const source = [
    'return (from, context) => {',
    ...names.map(
      (name, place) => `
  const given${place} = from.${plain(name)};
  if (!fits${place}(given${place})) return undefined;
  const made${place} = map${place}(given${place}, context);
  if (made${place} instanceof Unfit) return undefined;`,
    ),
    `  return { ${names.map((name, place) => `${name}: made${place}`).join(', ')} };`,
    '};',
  ].join('\n');
  const fields = names.map((name) => fieldOf(name));
  // oxlint-disable-next-line typescript/no-implied-eval -- the names are plain, and nothing else goes in
  return new Function(
    'Unfit',
    ...names.map((_, place) => `fits${place}`),
    ...names.map((_, place) => `map${place}`),
    source,
  )(Unfit, ...fields.map(({ fits }) => fits), ...fields.map(({ map }) => map));
}

/** `(from) => from.name`, compiled for the same reason. */
export function propertyReader<From extends object, Name extends keyof From & string>(
  name: Name,
): (from: From) => From[Name] {
  // oxlint-disable-next-line typescript/no-implied-eval -- the name is plain
  return new Function(`return (from) => from.${plain(name)};`)();
}

function plain(name: string): string {
  if (!PLAIN_NAME.test(name)) throw new Error(`${name} is no plain name for a field.`);
  return name;
}
