import { z } from 'zod';
import { isObject } from '../lib/json-object.ts';
import { type FieldMap, Rejected, recordMapper } from '../lib/record-mapper.ts';
import { type ClickTimes, Corrected, OLDEST_CLICK } from './field-input.ts';
import { type Click, INPUTS, INPUT_NAMES, type InputName } from './click-schema.ts';

/** Why a click was not taken. */
export interface Rejection {
  readonly field: string;
  readonly error: string;
}

/** What of a field was not taken, although the click was. */
export interface Warning {
  readonly field: string;
  readonly warning: string;
}

export type ParsedClick =
  | { readonly ok: true; readonly click: Click; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** What is wrong with a click that is not even an object. */
export const NO_OBJECT = 'must be a JSON object';

/** What a click looks like in the API document. */
export const schema = z.object(
  Object.fromEntries(INPUT_NAMES.map((name) => [name, INPUTS[name].input.schema])),
  NO_OBJECT,
);

type Fields = Readonly<Record<string, unknown>>;

/** The click of fields that are taken as they are: nearly every click. */
const parseFields = recordMapper<Fields, Click, ClickTimes>(
  INPUT_NAMES,
  (name) => INPUTS[name].input.parse,
  absentField,
);

/** Most fields become undefined where they are not sent; a click without a code is none, and one without a time gets another each time. */
function absentField<Name extends InputName>(name: Name): { readonly value: Click[Name] } | undefined {
  const parsed = INPUTS[name].input.parse(undefined, { receivedAt: NaN, keptSince: NaN });
  return parsed === undefined && !(parsed instanceof Rejected) ? { value: parsed } : undefined;
}

/**
 * Reads one click as a client sent it. Unknown fields are ignored; a field that is null or blank counts as not given.
 * @param receivedAt Unix milliseconds: the time of a click that names none, and what "in the future" is measured from
 * @param keptSince Unix milliseconds: what is older is past the time that clicks are kept for
 */
export function parseClick(value: unknown, receivedAt: number, keptSince = OLDEST_CLICK): ParsedClick {
  if (!isObject(value)) return NOT_AN_OBJECT;
  const times: ClickTimes = { receivedAt, keptSince };
  const click = parseFields(value, times);
  return click === undefined ? mendClick(value, times) : { ok: true, click, warnings: NO_WARNINGS };
}

const NO_WARNINGS: readonly Warning[] = [];

const NOT_AN_OBJECT: ParsedClick = { ok: false, rejection: { field: 'click', error: NO_OBJECT } };

/** What was found in the fields of one click. */
interface FieldFindings {
  readonly times: ClickTimes;
  readonly warnings: Warning[];
  rejection: Rejection | undefined;
}

const mendFields = recordMapper<Fields, Click, FieldFindings>(INPUT_NAMES, mendField);

/** Parses a click that has at least one field that is corrected or rejected. */
function mendClick(fields: Fields, times: ClickTimes): ParsedClick {
  const findings: FieldFindings = { times, warnings: [], rejection: undefined };
  const click = mendFields(fields, findings);
  if (click !== undefined) return { ok: true, click, warnings: findings.warnings };
  return { ok: false, rejection: findings.rejection ?? { field: 'click', error: 'is wrong' } };
}

function mendField<Name extends InputName>(name: Name): FieldMap<unknown, Click[Name], FieldFindings> {
  const { parse } = INPUTS[name].input;
  return (value, findings) => {
    const parsed = parse(value, findings.times);
    if (parsed instanceof Corrected) {
      findings.warnings.push({ field: name, warning: parsed.reason });
      return parsed.value;
    }
    if (parsed instanceof Rejected) findings.rejection = { field: name, error: parsed.reason };
    return parsed;
  };
}
