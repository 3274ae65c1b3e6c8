import { describe, expect, test } from '@jest/globals';
import { UNKNOWN_PLACE, parseNetwork, parsePlace } from '../../../src/clicks/enrich/place.ts';

describe('parsePlace', () => {
  test('reads a flat record', () => {
    expect(parsePlace({ country_code: 'DE', city: 'Berlin', latitude: 52.5 })).toMatchObject({
      country: 'DE',
      city: 'Berlin',
    });
  });

  test('reads a nested record', () => {
    const record = {
      country: { iso_code: 'CH', names: { en: 'Switzerland' } },
      city: { geoname_id: 1, names: { de: 'Genf', en: 'Geneva' } },
    };
    expect(parsePlace(record)).toMatchObject({ country: 'CH', city: 'Geneva' });
  });

  test('reads a record of a country database', () => {
    expect(parsePlace({ country: { iso_code: 'CH' } })).toMatchObject({ country: 'CH', city: 'Unknown' });
    expect(parsePlace({ country: 'CH' })).toMatchObject({ country: 'CH', city: 'Unknown' });
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
    expect(parsePlace(record)).toEqual(UNKNOWN_PLACE);
  });
});

test.each<[region: string, record: object]>([
  ['CH-GE', { country: { iso_code: 'CH' }, subdivisions: [{ iso_code: 'GE', names: { en: 'Geneva' } }] }],
  ['GB-ENG', { country: { iso_code: 'GB' }, subdivisions: [{ iso_code: 'ENG' }, { iso_code: 'WBK' }] }],
  ['Geneva', { country: { iso_code: 'CH' }, subdivisions: [{ names: { en: 'Geneva' } }] }],
  ['Geneva', { subdivisions: [{ iso_code: 'GE', names: { en: 'Geneva' } }] }],
  ['Lower Saxony', { country_code: 'DE', state1: 'Lower Saxony' }],
  ['Bavaria', { country: 'DE', region: 'Bavaria' }],
  ['Unknown', { country_code: 'DE', state1: '' }],
  ['Unknown', { country: { iso_code: 'CH' }, subdivisions: 'GE' }],
])('the region is %s in %j', (region, record) => {
  expect(parsePlace(record).region).toBe(region);
});

test.each<[network: string, hosting: string, record: unknown]>([
  [
    'Hetzner Online GmbH',
    'yes',
    { autonomous_system_number: 24940, autonomous_system_organization: 'Hetzner Online GmbH' },
  ],
  [
    'Deutsche Telekom AG',
    'Unknown',
    { autonomous_system_number: 3320, autonomous_system_organization: 'Deutsche Telekom AG' },
  ],
  ['Hetzner', 'yes', { asn: 'AS24940', as_name: 'Hetzner' }],
  ['Net', 'yes', { asn: 'AS1', name: 'Net', type: 'hosting' }],
  ['Net', 'no', { asn: 'AS24940', name: 'Net', type: 'isp' }],
  ['Net', 'no', { autonomous_system_number: 24940, organization: 'Net', is_hosting_provider: false }],
  ['Unknown', 'Unknown', {}],
  ['Unknown', 'Unknown', { asn: {}, name: 7 }],
  ['Unknown', 'Unknown', null],
])('the network is %s, hosting %s, in %j', (network, hosting, record) => {
  expect(parseNetwork(record)).toEqual({ ...UNKNOWN_PLACE, network, hosting });
});
