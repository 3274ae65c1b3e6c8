import { z } from 'zod';
import { MINUTE } from '../lib/calendar.ts';
import { MAX_CLOCK_AHEAD_MS } from '../lib/clock-ahead.ts';
import { parseClickTime } from '../lib/date-time.ts';
import { firstCharacters } from '../lib/first-characters.ts';
import { findIp, parseIp } from '../lib/ip.ts';
import { ownCopy } from '../lib/own-copy.ts';
import { Rejected } from '../lib/record-mapper.ts';
import { MAX_REFERRER_CHARACTERS, cutReferrer, withoutQuery } from '../lib/referrer.ts';
import { characters, isBlank, wellFormed } from '../lib/text.ts';
import { memoised } from '../lib/text-memo.ts';
import { MAX_CODE_CHARACTERS, shortCodeError, shortCodeSchema, typeError } from './short-code.ts';

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

/** A value that is not accepted as it was sent, with the value stored in its place. */
export class Corrected<Parsed> extends Rejected {
  readonly value: Parsed;

  constructor(value: Parsed, reason: string) {
    super(reason);
    this.value = value;
  }
}

/** A field as clients send it, in JSON or in a cell of a CSV file. Null and blank text are not given. */
export interface FieldInput<Parsed> {
  /** What the API document says the field holds. */
  readonly schema: z.ZodType;
  /** Parses any value. A wrong value of an optional field is `Corrected`; one that is only `Rejected` has the whole click rejected. */
  readonly parse: (value: unknown, times: ClickTimes) => Parsed | Rejected;
  /** What a CSV cell holds that is not empty. */
  readonly parseCell: (cell: string) => unknown;
  readonly document: FieldDocument;
}

/** Clicks from before are not taken. Unix milliseconds. */
export const OLDEST_CLICK = Date.UTC(2000, 0, 1);

const FUTURE_MS = 86_400_000;
const TOO_FAR_AHEAD = `lies more than ${MAX_CLOCK_AHEAD_MS / MINUTE} minutes in the future`;
/** Beyond it a sum of such numbers could be infinite. */
const MAX_MILLISECONDS = 1e290;

const NOT_TEXT = 'must be a string';

const identity = (cell: string): string => cell;

/** The field that every click needs. */
export function shortCodeInput(document: FieldDocument): FieldInput<string> {
  const parseCode = memoised((code): string | Rejected => {
    const error = shortCodeError(code);
    return error === undefined ? wellFormed(code) : new Rejected(error);
  });
  return {
    schema: shortCodeSchema,
    parse: (value) => (typeof value === 'string' ? parseCode(value) : new Rejected(typeError(value))),
    parseCell: identity,
    document: { minLength: 1, maxLength: MAX_CODE_CHARACTERS, ...document },
  };
}

/** An optional text that is cut if it is longer. Most clicks share theirs with others, so it is cached. */
export function textInput(maxCharacters: number, document: FieldDocument): FieldInput<string | undefined> {
  return boundedTextInput(maxCharacters, document, memoised(wellFormed), (text) => cut(text, maxCharacters));
}

/** An optional text that is left out if it is longer, since a part of it would be another name. */
export function nameInput(maxCharacters: number, document: FieldDocument): FieldInput<string | undefined> {
  return boundedTextInput<string>(maxCharacters, document, wellFormed, (text) =>
    firstCharacters(text, maxCharacters) === text
      ? wellFormed(text)
      : leftOut(`must be at most ${maxCharacters} characters`),
  );
}

/** An address of a page that may be absent. Where it is longer, its query goes first, which is not stored. */
export function referrerInput(document: FieldDocument): FieldInput<string | undefined> {
  return boundedTextInput(MAX_REFERRER_CHARACTERS, document, memoised(wellFormed), (text) => {
    const kept = cutReferrer(text);
    return shortened(kept, kept !== withoutQuery(text), MAX_REFERRER_CHARACTERS);
  });
}

/**
 * An optional text of so many characters.
 * @param take what becomes of a text
 * @param shorten what becomes of one with more code units, which may have no more characters
 */
export function boundedTextInput<Parsed>(
  maxCharacters: number,
  document: FieldDocument,
  take: (text: string) => Parsed | Rejected,
  shorten: (text: string) => Parsed | Rejected,
): FieldInput<Parsed | undefined> {
  return {
    schema: z
      .string()
      .refine((text) => characters(text) <= maxCharacters)
      .nullish(),
    parse: (value) => {
      if (value === undefined || value === null) return undefined;
      if (typeof value !== 'string') return leftOut(NOT_TEXT);
      if (isBlank(value)) return undefined;
      return value.length <= maxCharacters ? take(value) : shorten(value);
    },
    parseCell: identity,
    document: { maxLength: maxCharacters, ...document },
  };
}

/** The start of a longer text. */
export function cut(text: string, maxCharacters: number): string | Rejected {
  const start = firstCharacters(text, maxCharacters);
  return shortened(start, start !== text, maxCharacters);
}

/** What is kept of a longer text. @param isCut whether that lacks anything that would be stored */
function shortened(kept: string, isCut: boolean, maxCharacters: number): string | Rejected {
  const own = wellFormed(ownCopy(kept));
  return isCut ? new Corrected(own, `is cut at ${maxCharacters} characters`) : own;
}

/** Milliseconds that something took, which may be absent. */
export function durationInput(document: FieldDocument): FieldInput<number | undefined> {
  return {
    schema: z.number().min(0).max(MAX_MILLISECONDS).nullish(),
    parse: (value) => {
      if (typeof value === 'number' && value >= 0 && value <= MAX_MILLISECONDS) return value;
      return isGiven(value) ? leftOut('must be a number, 0 or more') : undefined;
    },
    parseCell: (cell) => (NUMBER.test(cell) ? Number(cell) : cell),
    document,
  };
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** Yes or no, which may be absent. */
export function booleanInput(document: FieldDocument): FieldInput<boolean | undefined> {
  return {
    schema: z.boolean().nullish(),
    parse: (value) => {
      if (typeof value === 'boolean') return value;
      return isGiven(value) ? leftOut('must be true or false') : undefined;
    },
    parseCell: (cell) => BOOLEANS.get(cell.trim().toLowerCase()) ?? cell,
    document,
  };
}

/** As programs and databases write them into CSV. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
]);

/** When the click was, in Unix milliseconds; when it came where it does not say. */
export function timeInput(document: FieldDocument): FieldInput<number> {
  return {
    schema: z.union([z.string(), z.number()]).nullish(),
    parse: parseTime,
    parseCell: (cell) => cell.trim(),
    document,
  };
}

function parseTime(value: unknown, { receivedAt, keptSince }: ClickTimes): number | Rejected {
  if (!isGiven(value)) return receivedAt;
  const time = typeof value === 'string' || typeof value === 'number' ? parseClickTime(value) : undefined;
  if (time === undefined) return new Rejected('must be an ISO 8601 or Unix time');
  if (time > receivedAt + FUTURE_MS) return new Rejected('lies more than 24 hours in the future');
  if (time < OLDEST_CLICK) return new Rejected('lies before the year 2000');
  if (time < keptSince) return new Rejected('is older than clicks are kept');
  if (time > receivedAt + MAX_CLOCK_AHEAD_MS) return new Corrected(time, TOO_FAR_AHEAD);
  return time;
}

/** An address in canonical form, which may be absent. */
export function ipInput(document: FieldDocument): FieldInput<string | undefined> {
  return {
    schema: z.string().nullish(),
    parse: (value) => {
      if (!isGiven(value)) return undefined;
      if (typeof value !== 'string') return leftOut(NOT_TEXT);
      return parseIp(value) ?? findIp(value) ?? leftOut('is not an IPv4 or IPv6 address');
    },
    parseCell: identity,
    document,
  };
}

export function leftOut(reason: string): Corrected<undefined> {
  return new Corrected(undefined, `${reason}: left out`);
}

/** Whether a field holds something: null and blank text are not given. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'string' && isBlank(value));
}
