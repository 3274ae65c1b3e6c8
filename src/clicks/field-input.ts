import { z } from 'zod';
import { parseClickTime } from '../lib/date-time.ts';
import { parseIp } from '../lib/ip.ts';
import { Unfit } from '../lib/record-mapper.ts';
import { characters, wellFormed } from '../lib/text.ts';
import { MAX_CODE_CHARACTERS, isPlainShortCode, shortCodeSchema } from './short-code.ts';

/** What a click's times are judged by. Unix milliseconds. */
export interface ClickTimes {
  /** The time of a click that names none, and what "in the future" is measured from. */
  readonly receivedAt: number;
  /** What is older is past the time that clicks are kept for. */
  readonly keptSince: number;
}

/** What the API document says of a field besides its schema. */
export type FieldDocument = {
  readonly description: string;
  readonly examples: readonly [unknown, ...unknown[]];
  readonly minLength?: number;
  readonly maxLength?: number;
};

/** A field as clients send it, in JSON or in a cell of a CSV file. Null and '' are not given. */
export interface FieldInput<Parsed> {
  /** What the field takes, and what it says of anything else. */
  readonly schema: z.ZodType;
  /**
   * Whether `schema` surely takes the value as it is. Nearly every click is of this kind, and asking the schema takes
   * ten times as long; whatever looks different here is for the schema to judge.
   */
  readonly isPlain: (value: unknown) => boolean;
  /** @param value one that `schema` takes */
  readonly parse: (value: unknown, times: ClickTimes) => Parsed | Unfit;
  /** What a CSV cell holds that is not empty. */
  readonly parseCell: (cell: string) => unknown;
  readonly document: FieldDocument;
}

/** Clicks from before are not taken. Unix milliseconds. */
export const OLDEST_CLICK = Date.UTC(2000, 0, 1);

const FUTURE_MS = 86_400_000;
/** Beyond it a sum of such numbers could be infinite. */
const MAX_MILLISECONDS = 1e290;

const NOT_TEXT = 'must be a string';

const identity = (cell: string): string => cell;

/** The field that every click needs. */
export function shortCodeInput(document: FieldDocument): FieldInput<string> {
  return {
    schema: shortCodeSchema,
    isPlain: isPlainShortCode,
    parse: (value) => (typeof value === 'string' ? wellFormed(value) : ''),
    parseCell: identity,
    document: { minLength: 1, maxLength: MAX_CODE_CHARACTERS, ...document },
  };
}

/** A text that may be absent. */
export function textInput(maxCharacters: number, document: FieldDocument): FieldInput<string | undefined> {
  return {
    schema: z
      .string(NOT_TEXT)
      .refine((value) => characters(value) <= maxCharacters, `must be at most ${maxCharacters} characters`)
      .nullish(),
    // A text has at most as many characters as code units.
    isPlain: (value) => isAbsent(value) || (typeof value === 'string' && value.length <= maxCharacters),
    parse: (value) => (isGiven(value) ? wellFormed(value) : undefined),
    parseCell: identity,
    document: { maxLength: maxCharacters, ...document },
  };
}

/** Milliseconds that something took, which may be absent. */
export function durationInput(document: FieldDocument): FieldInput<number | undefined> {
  return {
    schema: z
      .number('must be a number')
      .min(0, 'must be 0 or more')
      .max(MAX_MILLISECONDS, 'is larger than any redirect takes')
      .nullish(),
    isPlain: (value) =>
      isAbsent(value) || (typeof value === 'number' && value >= 0 && value <= MAX_MILLISECONDS),
    parse: (value) => (typeof value === 'number' ? value : undefined),
    parseCell: (cell) => (NUMBER.test(cell) ? Number(cell) : cell),
    document,
  };
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** When the click was, in Unix milliseconds; when it came where it does not say. */
export function timeInput(document: FieldDocument): FieldInput<number> {
  return {
    schema: z.union([z.string(), z.number()], NO_TIME).nullish(),
    isPlain: (value) => isAbsent(value) || typeof value === 'string' || Number.isFinite(value),
    parse: parseTime,
    parseCell: identity,
    document,
  };
}

const NO_TIME = 'must be an ISO 8601 or Unix time';

function parseTime(value: unknown, { receivedAt, keptSince }: ClickTimes): number | Unfit {
  const time = isGiven(value) || typeof value === 'number' ? parseClickTime(value) : receivedAt;
  if (time === undefined) return new Unfit(NO_TIME);
  if (time > receivedAt + FUTURE_MS) return new Unfit('lies more than 24 hours in the future');
  if (time < OLDEST_CLICK) return new Unfit('lies before the year 2000');
  if (time < keptSince) return new Unfit('is older than clicks are kept');
  return time;
}

/** An address in canonical form, which may be absent. */
export function ipInput(document: FieldDocument): FieldInput<string | undefined> {
  return {
    schema: z.string(NOT_TEXT).nullish(),
    isPlain: (value) => isAbsent(value) || typeof value === 'string',
    parse: (value) =>
      isGiven(value) ? (parseIp(value) ?? new Unfit('must be an IPv4 or IPv6 address')) : undefined,
    parseCell: identity,
    document,
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isGiven(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
