import { describe, expect, test } from '@jest/globals';
import {
  IMPORT_OPTIONS,
  IMPORT_OPTION_NAMES,
  MAX_OPTION_BYTES,
  type ImportOptionTexts,
  parseImportOptions,
} from '../../../src/clicks/import/options.ts';

describe('the options of an import', () => {
  test.each<readonly [ImportOptionTexts, object]>([
    [{}, {}],
    [{ format: ['combined'] }, { format: 'combined' }],
    [{ encoding: ['latin1'] }, { encoding: 'windows-1252' }],
    [
      { only: ['a*', 'b'], except: ['static'] },
      { only: ['a*', 'b'], except: ['static'] },
    ],
    [
      { status: ['301,302'], trust_proxy: ['2'] },
      { status: [301, 302], trust_proxy: 2 },
    ],
    [
      { known_codes: ['true'], dry_run: ['false'] },
      { known_codes: true, dry_run: false },
    ],
    [{ map: ['dub', 'short_code=slug', 'country==DE'] }, { map: ['dub', 'short_code=slug', 'country==DE'] }],
    [{ delimiter: ['|'] }, { delimiter: '|' }],
    [{ delimiter: ['tab'] }, { delimiter: '\t' }],
    [{ delimiter: ['\\t'] }, { delimiter: '\t' }],
    [
      { map: ['short_code=slug'], format: ['json'] },
      { map: ['short_code=slug'], format: 'json' },
    ],
  ])('%j', (texts, options) => {
    expect(parseImportOptions(texts)).toEqual(options);
  });

  test.each<readonly [ImportOptionTexts, string]>([
    [{ format: ['xml'] }, 'format must be one of: ndjson, '],
    [{ format: ['csv', 'json'] }, 'format is given more than once.'],
    [{ log_format: ['$remote_addr'] }, 'log_format cannot be used: '],
    [{ log_format: ['%r %s'], format: ['combined'] }, 'log_format cannot be combined with format.'],
    [{ encoding: ['utf-99'] }, 'encoding must be a known encoding'],
    [{ status: ['30x'] }, 'status must be statuses'],
    [{ trust_proxy: ['-1'] }, 'trust_proxy must be a whole number.'],
    [{ only: [' '] }, 'only must not be empty.'],
    [{ dry_run: ['yes'] }, 'dry_run must be true or false.'],
    [{ map: ['slug'] }, 'map must be FIELD=THEIR_FIELD or one of: spoo-me, '],
    [{ map: ['shortcode=slug'] }, '"shortcode" is not: perhaps short_code.'],
    [{ map: ['zzz=slug'] }, 'those are short_code, clicked_at, '],
    [{ map: ['short_code='] }, 'map must say which field of theirs is short_code.'],
    [{ map: ['short_code=='] }, 'map must say which field of theirs is short_code.'],
    [{ map: ['short_code=slug'], format: ['combined'] }, 'map is not for logs.'],
    [{ map: ['short_code=slug'], log_format: ['%r %s'] }, 'map is not for logs.'],
    [{ delimiter: ['||'] }, 'delimiter must be one character, or tab.'],
    [{ delimiter: ['"'] }, 'delimiter must be one character, or tab.'],
    [{ delimiter: ['|'], format: ['w3c'] }, 'delimiter is not for logs.'],
    [
      { only: ['ü'.repeat(MAX_OPTION_BYTES / 2)], except: ['static'] },
      'except is too long: the options have at most 8192 bytes in all.',
    ],
  ])('%j is wrong', (texts, message) => {
    expect(() => parseImportOptions(texts)).toThrow(message);
  });

  test.each(IMPORT_OPTION_NAMES)('the example of %s is one', (name) => {
    expect(parseImportOptions({ [name]: [IMPORT_OPTIONS[name].example] })).toHaveProperty(name);
  });

  test('messages name an option as it was given', () => {
    const parse = (): unknown => parseImportOptions({ trust_proxy: ['x'] }, (name) => `--${name}`);
    expect(parse).toThrow('--trust_proxy must be');
  });
});
