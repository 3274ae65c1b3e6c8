import { describe, expect, test } from '@jest/globals';
import { COUNTRY_ALIASES } from '../../src/lib/country-aliases.ts';
import { countryCode, countryName, UNKNOWN_COUNTRY } from '../../src/lib/country.ts';

const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
const officialCodes = letters
  .flatMap((first) => letters.map((second) => first + second))
  .filter((code) => code !== UNKNOWN_COUNTRY && countryName(code) !== code);

describe('countryCode', () => {
  test('knows the 249 codes of ISO 3166-1 and Kosovo, in any letter case', () => {
    expect(officialCodes).toHaveLength(250);
    for (const code of officialCodes) {
      expect(countryCode(code)).toBe(code);
      expect(countryCode(code.toLowerCase())).toBe(code);
    }
  });

  test('knows every country by its CLDR name, in any letter case, without accents and with "the"', () => {
    const names = new Intl.DisplayNames('en', { type: 'region' });
    for (const code of officialCodes) {
      const name = names.of(code) ?? '';
      const plain = name.normalize('NFD').replace(/\p{M}/gu, '');
      expect([name, name.toUpperCase(), plain, `The ${name}`].map(countryCode)).toEqual(Array(4).fill(code));
    }
  });

  test('no alias takes the name that another country has in CLDR', () => {
    const names = new Map(officialCodes.map((code) => [countryName(code).toLowerCase(), code]));
    for (const [code, aliases] of Object.entries(COUNTRY_ALIASES)) {
      for (const alias of aliases) expect([undefined, code]).toContain(names.get(alias.toLowerCase()));
    }
  });

  test.each([
    ['US', 'United States', 'United States of America', 'the United States', 'USA', 'U.S.A.', 'U.S.'],
    [
      'GB',
      'United Kingdom',
      'UK',
      'U.K.',
      'Great Britain',
      'United Kingdom of Great Britain and Northern Ireland',
    ],
    ['TR', 'Turkey', 'Türkiye', 'Turkiye', 'TÜRKİYE', 'Republic of Türkiye'],
    ['CZ', 'Czech Republic', 'Czechia'],
    ['HK', 'Hong Kong', 'Hong-Kong', 'Hong Kong SAR China', 'Hong Kong SAR'],
    ['MO', 'Macao', 'Macau', 'Macao SAR China'],
    ['RU', 'Russia', 'Russian Federation'],
    ['KR', 'South Korea', 'Korea, Republic of', 'Korea (the Republic of)', 'Republic of Korea'],
    ['KP', 'North Korea', "Korea (the Democratic People's Republic of)", 'Korea, Dem. People’s Rep.'],
    ['CI', 'Ivory Coast', "Côte d'Ivoire", 'Cote d’Ivoire', "Republic of Côte d'Ivoire"],
    ['SZ', 'Swaziland', 'Eswatini', 'Kingdom of Eswatini'],
    ['MM', 'Burma', 'Myanmar', 'Myanmar (Burma)'],
    ['MK', 'Macedonia', 'North Macedonia', 'The former Yugoslav Republic of Macedonia'],
    ['VA', 'Vatican', 'Vatican City', 'Holy See', 'Holy See (Vatican City State)'],
    ['PS', 'Palestine', 'Palestine, State of', 'Palestinian Territories'],
    ['NL', 'Holland', 'Netherlands', 'The Netherlands', 'Netherlands (Kingdom of the)'],
    ['CV', 'Cape Verde', 'Cabo Verde'],
    ['TL', 'East Timor', 'Timor-Leste', 'Timor Leste'],
    ['GM', 'The Gambia', 'Gambia', 'Gambia (the)', 'Gambia, The'],
    ['VN', 'Viet Nam', 'Vietnam', 'Socialist Republic of Viet Nam'],
    ['IR', 'Iran', 'Iran (Islamic Republic of)', 'Iran, Islamic Republic of'],
    ['BO', 'Bolivia', 'Bolivia (Plurinational State of)'],
    ['VE', 'Venezuela', 'Venezuela, Bolivarian Republic of'],
    ['CG', 'Congo', 'Congo (the)', 'Congo - Brazzaville', 'Republic of the Congo'],
    ['CD', 'DR Congo', 'Congo - Kinshasa', 'Congo (the Democratic Republic of the)', 'Congo, Dem. Rep.'],
    ['BA', 'Bosnia & Herzegovina', 'Bosnia and Herzegovina', 'Bosnia-Herzegovina'],
    ['LC', 'St. Lucia', 'St Lucia', 'Saint Lucia'],
    ['VC', 'St. Vincent & Grenadines', 'Saint Vincent and the Grenadines'],
    ['VI', 'U.S. Virgin Islands', 'Virgin Islands (U.S.)', 'Virgin Islands, U.S.'],
    ['VG', 'British Virgin Islands', 'Virgin Islands (British)'],
    ['FK', 'Falkland Islands (the) [Malvinas]', 'Falkland Islands'],
    ['LA', 'Laos', "Lao People's Democratic Republic (the)"],
    ['TW', 'Taiwan', 'Taiwan (Province of China)', 'Republic of China'],
    ['CN', 'China', "People's Republic of China"],
    ['DE', 'Germany', 'Federal Republic of Germany'],
    ['FR', 'France', 'French Republic'],
    ['RE', 'Réunion', 'Reunion'],
    ['AX', 'Åland Islands', 'Aland Islands'],
    // Former names of ISO 3166, and other spellings.
    ['LA', 'Lao', 'Lao PDR'],
    ['LY', 'Libya', 'Libyan Arab Jamahiriya', "Socialist People's Libyan Arab Jamahiriya"],
    ['KZ', 'Kazakhstan', 'Kazakstan', 'Republic of Kazakhstan'],
    ['BY', 'Belarus', 'Byelorussia', 'Byelorussian SSR', 'Belorussia'],
    ['YE', 'Yemen', 'Yemen, Democratic', 'Yemen, Rep.', 'Yemen Arab Republic'],
    ['KH', 'Cambodia', 'Democratic Kampuchea', 'Khmer Republic'],
    ['FR', 'France, Metropolitan'],
    ['BF', 'Burkina Faso', 'Upper Volta'],
    ['BJ', 'Benin', 'Dahomey'],
    ['VU', 'Vanuatu', 'New Hebrides'],
    ['ZW', 'Zimbabwe', 'Southern Rhodesia', 'Rhodesia'],
    ['DE', 'German Democratic Republic', 'GDR'],
    ['VN', 'Viet-Nam, Democratic Republic of'],
    ['DJ', 'Djibouti', 'French Afars and Issas'],
    ['UM', 'Johnston Island', 'Midway Islands', 'Wake Island'],
    ['AQ', 'Antarctica', 'British Antarctic Territory', 'Dronning Maud Land'],
    ['IN', 'India', 'Sikkim'],
    ['WS', 'Samoa', 'Western Samoa'],
    ['MD', 'Moldova', 'Moldavia'],
    ['KG', 'Kyrgyzstan', 'Kirghizia', 'Kyrgyz Republic'],
    ['SO', 'Somalia', 'Somali Democratic Republic', 'Somalia, Fed. Rep.'],
    ['FM', 'Micronesia, Fed. Sts.', 'Micronesia (Federated States of)'],
    ['KY', 'Cayman Islands', 'Cayman Is.'],
    ['IO', 'British Indian Ocean Territory', 'Chagos Archipelago'],
    ['XK', 'Kosovo', 'Republic of Kosovo'],
    ['XX', 'Unknown', 'unknown', 'xx'],
  ])('%s: however it is written', (code, ...names) => {
    expect(names.map(countryCode)).toEqual(names.map(() => code));
  });

  test('tells apart countries that share words', () => {
    const names = ['Guinea', 'Guinea-Bissau', 'Equatorial Guinea', 'Papua New Guinea', 'Niger', 'Nigeria'];
    const others = ['Samoa', 'American Samoa', 'Sudan', 'South Sudan', 'Dominica', 'Dominican Republic'];
    expect([...names, ...others].map(countryCode)).toEqual([
      'GN',
      'GW',
      'GQ',
      'PG',
      'NE',
      'NG',
      'WS',
      'AS',
      'SD',
      'SS',
      'DM',
      'DO',
    ]);
  });

  test.each(['', ' ', '-', 'ZZ', 'EU', 'Atlantis', 'Republic', 'the', 'United', '日本', 'constructor'])(
    '%j is no country',
    (text) => {
      expect(countryCode(text)).toBeUndefined();
    },
  );
});

describe('countryName', () => {
  test('is the English name', () => {
    expect(['DE', 'US', 'XK', 'XX'].map(countryName)).toEqual([
      'Germany',
      'United States',
      'Kosovo',
      'Unknown',
    ]);
  });

  test('leads back to the code', () => {
    for (const code of officialCodes) expect(countryCode(countryName(code))).toBe(code);
  });
});
