import { describe, expect, test } from '@jest/globals';
import { parsePlace } from '../../../src/clicks/enrich/place.ts';

const UNKNOWN = { country: 'XX', city: 'Unknown' };

describe('parsePlace', () => {
  test('reads a flat record', () => {
    expect(parsePlace({ country_code: 'DE', city: 'Berlin', latitude: 52.5 })).toEqual({
      country: 'DE',
      city: 'Berlin',
    });
  });

  test('reads a nested record', () => {
    const record = {
      country: { iso_code: 'CH', names: { en: 'Switzerland' } },
      city: { geoname_id: 1, names: { de: 'Genf', en: 'Geneva' } },
    };
    expect(parsePlace(record)).toEqual({ country: 'CH', city: 'Geneva' });
  });

  test('reads a record of a country database', () => {
    expect(parsePlace({ country: { iso_code: 'CH' } })).toEqual({ country: 'CH', city: 'Unknown' });
    expect(parsePlace({ country: 'CH' })).toEqual({ country: 'CH', city: 'Unknown' });
  });

  test.each([
    null,
    undefined,
    'DE',
    {},
    { country_code: '', city: '' },
    { country_code: 'ZZ', city: 7 },
    { country: {}, city: { names: { de: 'Genf' } } },
    { country: { iso_code: 'ZZ' }, city: { names: null } },
  ])('knows nothing from %j', (record) => {
    expect(parsePlace(record)).toEqual(UNKNOWN);
  });
});
