import { z } from 'zod';
import { Unfit, recordMapper } from '../lib/record-mapper.ts';
import { type ClickTimes, OLDEST_CLICK } from './field-input.ts';
import { type Click, INPUTS, INPUT_NAMES } from './fields.ts';
import { CODE_MISSING, CODE_NOT_TEXT } from './short-code.ts';

/** Why a click was not taken. */
export interface Rejection {
  readonly field: string;
  readonly error: string;
}

export type ParsedClick =
  { readonly ok: true; readonly click: Click } | { readonly ok: false; readonly rejection: Rejection };

const NO_OBJECT = 'must be a JSON object';

/** What a click may look like. */
export const schema = z.object(
  Object.fromEntries(INPUT_NAMES.map((name) => [name, INPUTS[name].input.schema])),
  NO_OBJECT,
);

type Fields = Readonly<Record<string, unknown>>;

/** Whether the schema surely takes the value as it is: of nearly every click one can say so without asking the schema. */
export function isPlain(value: unknown): value is Fields {
  return isObject(value) && INPUT_NAMES.every((name) => INPUTS[name].input.isPlain(value[name]));
}

/** The click of fields that are plain, and right. Asking the schema takes ten times as long. */
const parsePlain = recordMapper<Fields, Click, ClickTimes>(INPUT_NAMES, (name) => {
  const { isPlain, parse } = INPUTS[name].input;
  return { fits: isPlain, map: parse };
});

/**
 * Reads one click as a client sent it. Unknown fields are ignored; a field that is null or empty counts as not given.
 * @param receivedAt Unix milliseconds: the time of a click that names none, and what "in the future" is measured from
 * @param keptSince Unix milliseconds: what is older is past the time that clicks are kept for
 */
export function parseClick(value: unknown, receivedAt: number, keptSince = OLDEST_CLICK): ParsedClick {
  if (!isObject(value)) return NOT_AN_OBJECT;
  const times: ClickTimes = { receivedAt, keptSince };
  const click = parsePlain(value, times);
  if (click !== undefined) return { ok: true, click };
  if (isPlain(value)) return parseFields(value, times);
  const frequent = frequentRejection(value);
  if (frequent !== undefined) return frequent;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parseFields(parsed.data, times);
  const issue = parsed.error.issues[0];
  const field = issue?.path[0];
  return rejected(field === undefined ? 'click' : String(field), issue?.message ?? 'is wrong');
}

/** The click of fields that the schema takes. */
const parseTaken = recordMapper<Fields, Click, ClickTimes>(INPUT_NAMES, (name) => ({
  fits: () => true,
  map: INPUTS[name].input.parse,
}));

/** @param fields which the schema takes */
function parseFields(fields: Fields, times: ClickTimes): ParsedClick {
  const click = parseTaken(fields, times);
  if (click !== undefined) return { ok: true, click };
  for (const name of INPUT_NAMES) {
    const parsed = INPUTS[name].input.parse(fields[name], times);
    if (parsed instanceof Unfit) return rejected(name, parsed.error);
  }
  throw new Error('Every field is right, and yet no click.');
}

/** What becomes of a click that is not even an object. */
export const NOT_AN_OBJECT: ParsedClick = { ok: false, rejection: { field: 'click', error: NO_OBJECT } };

/** What is wrong most often, said without the schema, whose errors take as long as ten clicks. */
function frequentRejection({ short_code: code }: Fields): ParsedClick | undefined {
  if (typeof code === 'string') return undefined;
  return rejected('short_code', code === undefined || code === null ? CODE_MISSING : CODE_NOT_TEXT);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rejected(field: string, error: string): ParsedClick {
  return { ok: false, rejection: { field, error } };
}
