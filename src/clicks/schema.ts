import { z } from 'zod';
import { parseClickTime } from '../lib/date-time.ts';
import { parseIp } from '../lib/ip.ts';
import { characters, hasControlCharacter, wellFormed } from '../lib/text.ts';
import type { Click } from './types.ts';

/** Why a click was not taken. */
export interface Rejection {
  readonly field: string;
  readonly error: string;
}

export type ParsedClick =
  { readonly ok: true; readonly click: Click } | { readonly ok: false; readonly rejection: Rejection };

const FUTURE_MS = 86_400_000;
const OLDEST = Date.UTC(2000, 0, 1);
/** Beyond it a sum of such numbers could be infinite. */
const MAX_REDIRECT_MS = 1e290;

const NO_OBJECT = 'must be a JSON object';
const NO_CODE = 'is required';
const NO_TEXT = 'must be a string';

const text = (limit: number) =>
  z
    .string(NO_TEXT)
    .refine((value) => characters(value) <= limit, `must be at most ${limit} characters`)
    .nullish();

/** A short code as it may be stored already; earlier releases took more of them than `shortCodeSchema` does. */
export const storedCodeSchema = z
  .string({
    error: ({ input }) => (isAbsent(input) ? NO_CODE : NO_TEXT),
  })
  .refine((value) => value !== '' && characters(value) <= 128, 'must be 1 to 128 characters')
  .refine((value) => !hasControlCharacter(value), 'must not contain control characters');

/** A short code as clicks and new URLs may have it. */
export const shortCodeSchema = storedCodeSchema.refine(
  (value) => !isDotSegment(value),
  'must not be . or .., which no client can ask for',
);

/** Clients drop such a segment from a path, percent-encoded too. */
function isDotSegment(shortCode: string): boolean {
  return shortCode === '.' || shortCode === '..';
}

/** What a click may look like. */
export const schema = z.object(
  {
    short_code: shortCodeSchema,
    clicked_at: z.union([z.string(), z.number()], 'must be an ISO 8601 or Unix time').nullish(),
    ip: z.string(NO_TEXT).nullish(),
    user_agent: text(2_048),
    referrer: text(2_048),
    redirect_ms: z
      .number('must be a number')
      .min(0, 'must be 0 or more')
      .max(MAX_REDIRECT_MS, 'is larger than any redirect takes')
      .nullish(),
    country: text(128),
    city: text(128),
    browser: text(128),
    os: text(128),
    click_id: text(64),
  },
  NO_OBJECT,
);

type Fields = z.output<typeof schema>;

/**
 * Whether the schema surely takes the value as it is. Nearly every click is of this kind, and asking the schema takes ten
 * times as long; whatever looks different here is for the schema to judge, and to name what is wrong with it.
 */
export function isPlain(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const click: { readonly [Field in keyof Fields]?: unknown } = value;
  return (
    isShortCode(click.short_code) &&
    (isText(click.clicked_at, Infinity) || Number.isFinite(click.clicked_at)) &&
    isText(click.ip, Infinity) &&
    isText(click.user_agent, 2_048) &&
    isText(click.referrer, 2_048) &&
    isRedirectTime(click.redirect_ms) &&
    isText(click.country, 128) &&
    isText(click.city, 128) &&
    isText(click.browser, 128) &&
    isText(click.os, 128) &&
    isText(click.click_id, 64)
  );
}

function isShortCode(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= 128 &&
    !isDotSegment(value) &&
    !hasControlCharacter(value)
  );
}

/** A text that may be absent. It has at most as many characters as code units. */
function isText(value: unknown, limit: number): boolean {
  return isAbsent(value) || (typeof value === 'string' && value.length <= limit);
}

function isRedirectTime(value: unknown): boolean {
  return isAbsent(value) || (typeof value === 'number' && value >= 0 && value <= MAX_REDIRECT_MS);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * Reads one click as a client sent it. Unknown fields are ignored; a field that is null or empty counts as not given.
 * @param receivedAt Unix milliseconds: the time of a click that names none, and what "in the future" is measured from
 * @param keptSince Unix milliseconds: what is older is past the time that clicks are kept for
 */
export function parseClick(value: unknown, receivedAt: number, keptSince = OLDEST): ParsedClick {
  let fields: Fields;
  if (isPlain(value)) fields = value;
  else {
    const plain = plainRejection(value);
    if (plain !== undefined) return plain;
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return rejected(
        issue?.path[0] === undefined ? 'click' : String(issue.path[0]),
        issue?.message ?? 'is wrong',
      );
    }
    fields = parsed.data;
  }
  const clickedAt =
    given(fields.clicked_at) === undefined ? receivedAt : parseClickTime(fields.clicked_at ?? '');
  if (clickedAt === undefined) return rejected('clicked_at', 'must be an ISO 8601 or Unix time');
  if (clickedAt > receivedAt + FUTURE_MS)
    return rejected('clicked_at', 'lies more than 24 hours in the future');
  if (clickedAt < OLDEST) return rejected('clicked_at', 'lies before the year 2000');
  if (clickedAt < keptSince) return rejected('clicked_at', 'is older than clicks are kept');
  const ip = given(fields.ip) === undefined ? undefined : parseIp(fields.ip ?? '');
  if (ip === undefined && given(fields.ip) !== undefined)
    return rejected('ip', 'must be an IPv4 or IPv6 address');
  return {
    ok: true,
    click: {
      shortCode: wellFormed(fields.short_code),
      clickedAt,
      ip,
      userAgent: cleaned(fields.user_agent),
      referrer: cleaned(fields.referrer),
      redirectMs: fields.redirect_ms ?? undefined,
      country: cleaned(fields.country),
      city: cleaned(fields.city),
      browser: cleaned(fields.browser),
      os: cleaned(fields.os),
      clickId: cleaned(fields.click_id),
    },
  };
}

/** What becomes of a click that is not even an object. */
export const NOT_AN_OBJECT: ParsedClick = { ok: false, rejection: { field: 'click', error: NO_OBJECT } };

/** What is wrong most often, said without the schema, whose errors take as long as ten clicks. */
function plainRejection(value: unknown): ParsedClick | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NOT_AN_OBJECT;
  const { short_code: code }: { readonly short_code?: unknown } = value;
  if (typeof code === 'string') return undefined;
  return rejected('short_code', isAbsent(code) ? NO_CODE : NO_TEXT);
}

function given<T>(value: T | null | undefined | ''): T | undefined {
  return value === null || value === undefined || value === '' ? undefined : value;
}

function cleaned(value: string | null | undefined): string | undefined {
  const content = given(value);
  return content === undefined ? undefined : wellFormed(content);
}

function rejected(field: string, error: string): ParsedClick {
  return { ok: false, rejection: { field, error } };
}
