import { z } from 'zod';
import { isObject } from '../lib/json-object.ts';
import { hostName } from '../lib/host-name.ts';
import { preferredLanguage, primaryLanguage } from '../lib/language.ts';
import { Rejected } from '../lib/record-mapper.ts';
import { wellFormed } from '../lib/text.ts';
import { memoised } from '../lib/text-memo.ts';
import {
  type FieldDocument,
  type FieldInput,
  Corrected,
  boundedTextInput,
  cut,
  isGiven,
  leftOut,
} from './field-input.ts';
import { type LinkUrl, parseLinkUrl } from './link-url.ts';
import {
  MAX_PROPERTY_NAME_CHARACTERS,
  MAX_PROPERTY_VALUE_CHARACTERS,
  type Properties,
  parseProperties,
} from './click-properties.ts';

const MAX_URL_CHARACTERS = 2_048;
const MAX_HEADER_CHARACTERS = 512;

/** One cache for all details: few clicks have many of them, and their texts are short. */
const ownText = memoised(wellFormed);

/** An optional text, cut at `maxCharacters`. */
export function detailInput(maxCharacters: number, document: FieldDocument): FieldInput<string | undefined> {
  return boundedTextInput(maxCharacters, document, ownText, (text) => cut(text, maxCharacters));
}

/** An optional text, from which a value is parsed. */
function readInput<Parsed extends object | string>(
  maxCharacters: number,
  document: FieldDocument,
  parse: (text: string) => Parsed | Rejected,
): FieldInput<Parsed | undefined> {
  return boundedTextInput(maxCharacters, document, parse, (text) => {
    const kept = cut(text, maxCharacters);
    if (typeof kept === 'string') return parse(kept);
    const parsed = parse(kept instanceof Corrected && typeof kept.value === 'string' ? kept.value : '');
    return parsed instanceof Rejected ? parsed : new Corrected(parsed, kept.reason);
  });
}

/** Leaves out a text that cannot be parsed. @param read returns undefined for it */
function orLeftOut<Parsed>(
  read: (text: string) => Parsed | undefined,
  reason: string,
): (text: string) => Parsed | Rejected {
  return (text) => read(text) ?? leftOut(reason);
}

/** A language tag, of which the primary subtag counts. */
export function languageInput(document: FieldDocument): FieldInput<string | undefined> {
  return readInput(
    128,
    document,
    memoised(orLeftOut(primaryLanguage, 'is no language tag such as de or pt-BR')),
  );
}

/** The header in which a browser lists its user's languages. */
export function acceptLanguageInput(document: FieldDocument): FieldInput<string | undefined> {
  return readInput(
    MAX_HEADER_CHARACTERS,
    document,
    memoised(orLeftOut(preferredLanguage, 'names no language')),
  );
}

/** The name of a host, also with a port or a scheme. */
export function domainInput(document: FieldDocument): FieldInput<string | undefined> {
  return readInput(
    MAX_URL_CHARACTERS,
    document,
    memoised(
      orLeftOut((text) => hostName(text.trim()) ?? parseLinkUrl(text)?.domain, 'is not the name of a host'),
    ),
  );
}

/** The short link as it was requested. */
export function linkUrlInput(document: FieldDocument): FieldInput<LinkUrl | undefined> {
  // Not memoised here: `parseLinkUrl` caches the parts of a URL.
  return readInput(MAX_URL_CHARACTERS, document, orLeftOut(parseLinkUrl, 'is not the URL of a link'));
}

/** Yes or no as a text, which may be absent; also as a boolean. */
export function yesOrNoInput(document: FieldDocument): FieldInput<'yes' | 'no' | undefined> {
  return {
    schema: z.union([z.boolean(), z.enum(['yes', 'no'])]).nullish(),
    parse: (value) => {
      if (value === undefined || value === null) return undefined;
      if (value === true || value === 'yes') return 'yes';
      if (value === false || value === 'no') return 'no';
      return isGiven(value) ? leftOut('must be yes or no') : undefined;
    },
    parseCell: (cell) => YES_OR_NO.get(cell.trim().toLowerCase()) ?? cell,
    document,
  };
}

const YES_OR_NO: ReadonlyMap<string, string> = new Map([
  ...['yes', 'true', 't', '1'].map((text): [string, string] => [text, 'yes']),
  ...['no', 'false', 'f', '0'].map((text): [string, string] => [text, 'no']),
]);

/** Pairs of texts of the sender's own, which may be absent; in a CSV cell a JSON object. */
export function propertiesInput(document: FieldDocument): FieldInput<Properties | undefined> {
  return {
    schema: z
      .record(
        z.string().min(1).max(MAX_PROPERTY_NAME_CHARACTERS),
        z.union([z.string().max(MAX_PROPERTY_VALUE_CHARACTERS), z.number(), z.boolean(), z.null()]),
      )
      .nullish(),
    parse: (value) => {
      if (value === undefined || value === null) return undefined;
      if (!isObject(value)) return isGiven(value) ? leftOut('must be an object of texts') : undefined;
      const { properties, fault } = parseProperties(value);
      const kept = properties.length === 0 ? undefined : properties;
      return fault === undefined ? kept : new Corrected(kept, fault);
    },
    parseCell: parseObjectCell,
    document,
  };
}

function parseObjectCell(cell: string): unknown {
  if (!cell.trimStart().startsWith('{')) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
