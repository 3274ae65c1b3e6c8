import {
  boolColumn,
  nullableFloatColumn,
  sharedTextColumn,
  textColumn,
  textMapColumn,
  timeColumn,
  uint64Column,
} from '../clickhouse/native.ts';
import { UNKNOWN_COUNTRY, countryCode } from '../lib/country.ts';
import { mapEntries } from '../lib/names.ts';
import { DIRECT, normaliseReferrer } from '../lib/referrer.ts';
import { memoised } from '../lib/text-memo.ts';
import { NONE } from '../lib/none.ts';
import { UNKNOWN } from '../lib/unknown.ts';
import type { ClickField } from './click-field.ts';
import {
  acceptLanguageInput,
  detailInput,
  domainInput,
  languageInput,
  linkUrlInput,
  propertiesInput,
  yesOrNoInput,
} from './detail-inputs.ts';
import { DEVICES, foldDevice } from './enrich/devices.ts';
import { foldBrowser, foldOs } from './enrich/family-names.ts';
import {
  type FieldDocument,
  booleanInput,
  durationInput,
  ipInput,
  nameInput,
  referrerInput,
  shortCodeInput,
  textInput,
  timeInput,
} from './field-input.ts';
import { CAMPAIGN_EXAMPLES, MAX_CAMPAIGN_CHARACTERS } from './link-url.ts';
import { NO_PROPERTIES, type Properties } from './click-properties.ts';

export const MAX_VISITOR_ID_CHARACTERS = 256;

const asSent = <Sent>(sent: Sent): Sent => sent;

/** A text that clicks may carry. @param absent what is stored of those that do not */
const detail = <const Absent extends string>(
  maxCharacters: number,
  absent: Absent,
  document: FieldDocument,
) => ({
  input: detailInput(maxCharacters, document),
  column: { type: sharedTextColumn, absent, from: asSent<string> },
});

const campaign = (example: string) =>
  detail(MAX_CAMPAIGN_CHARACTERS, NONE, {
    description: 'In place of the parameter of that name in `url`.',
    examples: [example],
  });

/**
 * The fields of a click, in the order of the API document and of the inserted columns. What reads clicks, the row, the
 * insert, CSV files and the API document follow from here.
 */
export const CLICK_FIELDS = {
  short_code: {
    input: shortCodeInput({
      description: 'The URL that was clicked. No control characters, and neither `.` nor `..`.',
      examples: ['launch'],
    }),
    column: { type: textColumn, absent: '', from: asSent },
  },
  clicked_at: {
    input: timeInput({
      description:
        'When: ISO 8601, also as databases write it (`2026-01-31 10:00:00+00`), or Unix time; without an offset in UTC. Default: when the request came. Not before 2000, nor more than 24 hours in the future; more than 5 minutes in the future is a warning.',
      examples: ['2026-01-31T10:00:00Z'],
    }),
    column: { type: timeColumn, absent: 0, from: asSent },
  },
  ip: {
    input: ipInput({
      description:
        "The visitor's IPv4 or IPv6 address, for the visitor's hash and the place. It may have a port, brackets or a zone, or be the first of a list that commas separate. It is not stored.",
      examples: ['203.0.113.7'],
    }),
    column: undefined,
  },
  user_agent: {
    input: textInput(2_048, {
      description: "For the visitor's hash, browser, system and whether it is a program. It is not stored.",
      examples: [
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36',
      ],
    }),
    column: undefined,
  },
  visitor_id: {
    input: nameInput(MAX_VISITOR_ID_CHARACTERS, {
      description:
        'What tells visitors apart, in place of `ip` and `user_agent`: the id of an account or a cookie, say. It is hashed and not stored.',
      examples: ['account-4711'],
    }),
    column: undefined,
  },
  visitor: {
    input: undefined,
    column: { type: uint64Column, absent: 0n, from: undefined },
  },
  referrer: {
    input: referrerInput({
      description:
        'Stored as scheme, host and path; `https` where it has no scheme, `Direct` where it is no address of a page or an Android app.',
      examples: ['https://news.ycombinator.com/'],
    }),
    column: { type: sharedTextColumn, absent: DIRECT, from: memoised(normaliseReferrer) },
  },
  redirect_ms: {
    input: durationInput({ description: 'How many milliseconds the redirect took.', examples: [12.5] }),
    column: { type: nullableFloatColumn, absent: null, from: asSent },
  },
  country: {
    input: textInput(128, {
      description: 'A code or an English name, in place of what the address tells; `XX` where it is unknown.',
      examples: ['Türkiye'],
    }),
    column: {
      type: sharedTextColumn,
      absent: UNKNOWN_COUNTRY,
      from: (country: string) => countryCode(country) ?? UNKNOWN_COUNTRY,
    },
  },
  city: {
    input: textInput(128, { description: 'In place of what the address tells.', examples: ['Istanbul'] }),
    column: { type: sharedTextColumn, absent: UNKNOWN, from: asSent },
  },
  browser: {
    input: textInput(128, {
      description:
        'In place of what the user agent tells. Other names of a family become its own, `Mobile Safari` `Safari`.',
      examples: ['Firefox'],
    }),
    column: { type: sharedTextColumn, absent: UNKNOWN, from: foldBrowser },
  },
  os: {
    input: textInput(128, {
      description:
        'In place of what the user agent tells. Other names of a family become its own, `Mac OS X` `macOS`.',
      examples: ['Linux'],
    }),
    column: { type: sharedTextColumn, absent: UNKNOWN, from: foldOs },
  },
  is_bot: {
    input: booleanInput({
      description: 'Whether a program made the click, in place of what the user agent tells.',
      examples: [true],
    }),
    column: { type: boolColumn, absent: false, from: asSent },
  },
  device: {
    input: detailInput(128, {
      description: `The kind of device, in place of what the user agent tells: ${DEVICES.join(', ')}. Other names of a kind become its own, \`smartphone\` \`mobile\`.`,
      examples: ['tablet'],
    }),
    column: { type: sharedTextColumn, absent: UNKNOWN, from: foldDevice },
  },
  browser_version: detail(128, UNKNOWN, {
    description: 'In place of what the user agent tells.',
    examples: ['131'],
  }),
  os_version: detail(128, UNKNOWN, {
    description: 'In place of what the user agent tells.',
    examples: ['17'],
  }),
  bot: detail(128, NONE, {
    description: 'The name of the program that made the click, in place of what the user agent tells.',
    examples: ['Googlebot'],
  }),
  region: detail(128, UNKNOWN, {
    description: 'The code of ISO 3166-2 or a name, in place of what the address tells.',
    examples: ['DE-BY'],
  }),
  network: detail(128, UNKNOWN, {
    description: 'Whose network the address belongs to, in place of what the address tells.',
    examples: ['Deutsche Telekom AG'],
  }),
  hosting: {
    input: yesOrNoInput({
      description: 'Whether the address is in a data centre, in place of what the address tells.',
      examples: ['yes'],
    }),
    column: { type: sharedTextColumn, absent: UNKNOWN, from: asSent<string> },
  },
  language: {
    input: languageInput({
      description: 'The language of the visitor, of which the primary subtag is stored: `de` of `de-AT`.',
      examples: ['de'],
    }),
    column: { type: sharedTextColumn, absent: NONE, from: asSent<string> },
  },
  accept_language: {
    input: acceptLanguageInput({
      description:
        "The header `Accept-Language` as the visitor's browser sent it: tells the language where `language` does not. It is not stored.",
      examples: ['de-AT,de;q=0.9,en;q=0.5'],
    }),
    column: undefined,
  },
  url: {
    input: linkUrlInput({
      description:
        'The short link as it was requested, or its path and query: for the domain, the campaign (`utm_…`), and whether an advertisement led there. It is not stored.',
      examples: ['https://go.example.com/launch?utm_source=newsletter&utm_medium=email'],
    }),
    column: undefined,
  },
  domain: {
    input: domainInput({
      description: 'The host of the short link, in place of that of `url`; in lower case, without a port.',
      examples: ['go.example.com'],
    }),
    column: { type: sharedTextColumn, absent: NONE, from: asSent<string> },
  },
  ...mapEntries(CAMPAIGN_EXAMPLES, (name) => campaign(CAMPAIGN_EXAMPLES[name])),
  ad_parameter: {
    input: undefined,
    column: { type: sharedTextColumn, absent: '', from: undefined },
  },
  variant: detail(128, NONE, {
    description: 'Which of several destinations or texts the visitor got, in a test or by a rule.',
    examples: ['B'],
  }),
  properties: {
    input: propertiesInput({
      description:
        'Up to 20 pairs of your own: names of at most 128 characters, texts of at most 512. Numbers and booleans become texts as JSON writes them.',
      examples: [{ plan: 'pro' }],
    }),
    column: { type: textMapColumn, absent: NO_PROPERTIES, from: asSent<Properties> },
  },
  click_id: {
    input: nameInput(64, { description: 'A name of your own for the click.', examples: ['c-1'] }),
    column: { type: textColumn, absent: '', from: asSent },
  },
} as const satisfies Readonly<Record<string, ClickField>>;
