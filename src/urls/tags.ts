import { z } from 'zod';
import { characters, hasControlCharacter, wellFormed } from '../lib/text.ts';

export const MAX_TAGS = 20;
export const MAX_TAG_CHARACTERS = 64;

const tagSchema = z
  .string('must be a list of strings')
  .trim()
  .refine((tag) => tag !== '', 'must not contain blank tags')
  .refine(
    (tag) => characters(tag) <= MAX_TAG_CHARACTERS,
    `must have tags of at most ${MAX_TAG_CHARACTERS} characters`,
  )
  .refine((tag) => !hasControlCharacter(tag), 'must not contain control characters')
  .refine((tag) => tag === wellFormed(tag), 'must not contain lone surrogates');

/** The tags of a URL: without the blanks around them, each once. */
export const tagsSchema = z
  .array(tagSchema, 'must be a list of strings')
  .transform((tags): readonly string[] => [...new Set(tags)])
  .refine((tags) => tags.length <= MAX_TAGS, `must have at most ${MAX_TAGS} tags`);
