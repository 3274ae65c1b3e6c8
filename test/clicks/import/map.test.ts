import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openRecords } from '../../../src/clicks/import/file-records.ts';
import { SERVICE_FORMATS } from '../../../src/clicks/import/formats/service-formats.ts';
import { FIELD_MAP_NAMES } from '../../../src/clicks/import/formats/field-maps.ts';
import { parserOf } from '../../../src/clicks/import/reading.ts';

interface Options {
  readonly name?: string;
  readonly format?: 'csv' | 'json' | 'ndjson' | 'shlink-csv';
  readonly delimiter?: string;
}

async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** What the records of a file are with such a map. */
async function read(
  content: string | Buffer,
  map: readonly string[],
  { name = '-', format, delimiter }: Options = {},
): Promise<readonly unknown[]> {
  const stream = inOnePiece(Buffer.from(content));
  const opened = await openRecords(name, stream, {
    format,
    encoding: undefined,
    reading: { map, delimiter },
  });
  if (opened === undefined) return [];
  const parse = parserOf(opened.reading);
  const records: string[] = [];
  for await (const { bytes, ends } of opened.blocks)
    records.push(...ends.map((end, place) => bytes.toString('utf8', ends[place - 1] ?? 0, end - 1)));
  return records.slice(opened.headerRecords).map((record) => {
    const parsed = parse(record);
    if (parsed.kind === 'click') return { kind: parsed.kind, value: parsed.value };
    return { kind: parsed.kind, reason: parsed.reason };
  });
}

const SAMPLES = join(import.meta.dirname, '../../data/import-maps');

test('each preset that is no format has samples', () => {
  const exported: ReadonlySet<string> = new Set(Object.keys(SERVICE_FORMATS));
  expect(new Set(readdirSync(SAMPLES))).toEqual(
    new Set(FIELD_MAP_NAMES.filter((name) => !exported.has(name))),
  );
});

test.each(readdirSync(SAMPLES))(
  'the samples of the preset %s are read as they are written',
  async (preset) => {
    const files = readdirSync(join(SAMPLES, preset)).filter((name) => /\.(csv|json)$/.test(name));
    const samples = files.filter((name) => files.includes(`${name}.json`));
    expect(samples).not.toEqual([]);
    for (const sample of samples) {
      const path = join(SAMPLES, preset, sample);
      const expected: unknown = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
      expect(await read(readFileSync(path), [preset])).toEqual(expected);
    }
  },
);

const click = (value: object): object => ({ kind: 'click', value });

describe('with a map of one’s own', () => {
  test.each<readonly [string, string, readonly string[], readonly object[], Options?]>([
    [
      'CSV has its columns in any letter case, and a click’s own names count too',
      'Slug,When,city,ms\nlaunch,2026-01-24,Berlin,12.5\n007,,,\n',
      ['short_code=slug', 'clicked_at=WHEN', 'redirect_ms=ms'],
      [
        click({
          slug: 'launch',
          when: '2026-01-24',
          ms: '12.5',
          short_code: 'launch',
          clicked_at: '2026-01-24',
          city: 'Berlin',
          redirect_ms: 12.5,
        }),
        click({ slug: '007', short_code: '007' }),
      ],
    ],
    [
      'JSON lines have nested names, and names with dots in them',
      '{"link":{"slug":"a"},"user.agent":"x","bot":1,"id":7,"country":"DE"}\n{"link":{"slug":"b"},"user.agent":null}\n',
      ['short_code=link.slug', 'user_agent=user.agent', 'is_bot=bot', 'visitor_id=id'],
      [
        {
          kind: 'click',
          value: expect.objectContaining({
            short_code: 'a',
            user_agent: 'x',
            is_bot: true,
            visitor_id: '7',
            country: 'DE',
          }),
        },
        { kind: 'click', value: expect.objectContaining({ short_code: 'b' }) },
      ],
    ],
    [
      'an array has lists',
      '[{"path":["x","/caf%C3%A9?a=b"]}, {"path":[]}]',
      ['short_code=path.1'],
      [
        { kind: 'click', value: expect.objectContaining({ short_code: 'café' }) },
        { kind: 'click', value: { path: [] } },
      ],
    ],
    [
      'an address is its path',
      'url;n\nhttps://go.example/launch?x#y;1\n/a/b;2\ngo.example/launch;3\n',
      ['short_code=url'],
      [
        { kind: 'click', value: expect.objectContaining({ short_code: 'launch' }) },
        { kind: 'click', value: expect.objectContaining({ short_code: 'a/b' }) },
        { kind: 'click', value: expect.objectContaining({ short_code: 'go.example/launch' }) },
      ],
    ],
    [
      'a text may be that of every record',
      'Referer,Date,"User agent",Country,City\n,2026-01-24T10:05:03Z,curl/8.5.0,Unknown,Unknown\n',
      ['short_code==launch'],
      [
        click({
          short_code: 'launch',
          clicked_at: '2026-01-24T10:05:03Z',
          user_agent: 'curl/8.5.0',
          country: 'Unknown',
          city: 'Unknown',
        }),
      ],
    ],
    [
      'columns and constants are properties, besides those under their own names',
      'slug,tier,property.Plan,Property.note,properties,city\nlaunch,gold,pro,"a,b","{""tier"":""x"",""n"":7}",\nb,,,,,\n',
      ['short_code=slug', 'property.tier=tier', 'property.source==file', 'property.copy=PROPERTY.plan'],
      [
        {
          kind: 'click',
          value: expect.objectContaining({
            short_code: 'launch',
            properties: { tier: 'gold', n: 7, Plan: 'pro', note: 'a,b', source: 'file', copy: 'pro' },
          }),
        },
        {
          kind: 'click',
          value: expect.objectContaining({ short_code: 'b', properties: { source: 'file' } }),
        },
      ],
    ],
    [
      'nested values are properties, and objects are all of them',
      '{"s":"a","user":{"plan":"pro","seats":5,"old":null},"meta":{"plan":"free","x":"y"}}\n{"s":"b","properties":{"k":"v"}}\n',
      [
        'short_code=s',
        'properties=meta',
        'property.plan=user.plan',
        'property.seats=user.seats',
        'property.old=user.old',
      ],
      [
        {
          kind: 'click',
          value: expect.objectContaining({ properties: { plan: 'pro', x: 'y', seats: 5 } }),
        },
        { kind: 'click', value: expect.objectContaining({ properties: { k: 'v' } }) },
      ],
    ],
    [
      'cells may be separated by anything',
      'slug|city\n"a|b"|Berlin\n',
      ['short_code=slug'],
      [click({ slug: 'a|b', short_code: 'a|b', city: 'Berlin' })],
      { delimiter: '|' },
    ],
    [
      'a format of JSON is a preset for CSV',
      'meta.short_code,clicked_at,bot_name\nlaunch,2026-01-24T10:05:03.120Z,\n',
      ['spoo-me'],
      [click({ short_code: 'launch', clicked_at: '2026-01-24T10:05:03.120Z', is_bot: false })],
    ],
    [
      'what is given goes before a preset',
      '{"link":{"key":"a"},"slug":"b","timestamp":"2026-01-24T10:05:03Z"}',
      ['short_code=slug', 'dub'],
      [click({ short_code: 'b', clicked_at: '2026-01-24T10:05:03Z' })],
    ],
  ])('%s', async (_, content, map, records, options = {}) => {
    expect(await read(content, map, options)).toEqual(records);
  });

  test.each<readonly [string, readonly string[], Options, string]>([
    ['code,city\na,b\n', ['short_code=slug'], {}, 'slug, which the map names for short_code'],
    [
      'code,city\na,b\n',
      ['short_code=slug'],
      { name: 'clicks.csv' },
      'slug, which the map names for short_code',
    ],
    ['code,city\na,b\n', ['short_code=code', 'os=system'], {}, 'The header line lacks system'],
    ['{"code":"a"}\n{"code":"b"}\n', ['short_code=slug'], {}, 'No record has slug'],
    [
      'code,city\na,b\n',
      ['short_code=code', 'property.plan=tier'],
      {},
      'tier, which the map names for property.plan',
    ],
    ['[{"code":"a"}]', ['short_code=code', 'ip=client.ip'], {}, 'No record has client.ip'],
    [
      'Referer,Date,User agent,Country,City\n,2026-01-24,,,\n',
      ['country==DE'],
      {},
      '(short_code=COLUMN), or give the code itself if all lines have the same (short_code==CODE)',
    ],
    ['what is this\n', ['dub'], { name: 'access.log' }, 'link.key or key or Link'],
  ])('%j lacks what %j names', async (content, map, options, message) => {
    await expect(read(content, map, options)).rejects.toThrow(message);
  });
});
