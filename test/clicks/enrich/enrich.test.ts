import { CAMPAIGN_PARAMETERS } from '../../../src/clicks/link-url.ts';
import { describe, expect, test } from '@jest/globals';
import { enrichClick, enrichSteps, needsPlace } from '../../../src/clicks/enrich/enrich.ts';
import type { Place } from '../../../src/clicks/enrich/place.ts';
import { parseUserAgent } from '../../../src/clicks/enrich/user-agent.ts';
import { visitorHasher } from '../../../src/clicks/enrich/visitor.ts';
import { parseClick } from '../../../src/clicks/parse-click.ts';
import type { Click, ClickRow } from '../../../src/clicks/click-schema.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0';
const hashVisitor = visitorHasher('a secret');
const NOBODY = { ip: undefined, user_agent: undefined, visitor_id: undefined };

/** The row of a click, and the addresses whose place was looked up for it. */
function enriched(
  told: Partial<Click>,
  hasNetworks = false,
): { readonly row: ClickRow; readonly lookedUp: readonly string[] } {
  const lookedUp: string[] = [];
  const findPlace = (ip: string): Place => {
    lookedUp.push(ip);
    return { country: 'CH', region: 'CH-GE', city: 'Geneva', network: 'Net', hosting: 'no' };
  };
  const steps = enrichSteps({ hashVisitor, parseUserAgent, findPlace, hasNetworks });
  return { row: enrichClick(steps, { ...clickOf({}), ...told }), lookedUp };
}

function clickOf(sent: object): Click {
  const parsed = parseClick({ short_code: 'abc', ...sent }, 1_700_000_000_000);
  if (!parsed.ok) throw new Error(parsed.rejection.error);
  return parsed.click;
}

const WITHOUT_DETAILS = {
  device: 'Unknown',
  browser_version: 'Unknown',
  os_version: 'Unknown',
  bot: '(none)',
  region: 'Unknown',
  network: 'Unknown',
  hosting: 'Unknown',
  language: '(none)',
  domain: '(none)',
  utm_source: '(none)',
  utm_medium: '(none)',
  utm_campaign: '(none)',
  utm_term: '(none)',
  utm_content: '(none)',
  ad_parameter: '',
  variant: '(none)',
  properties: [],
};

describe('enrichClick', () => {
  test('a click that tells nothing has a full row of unknowns', () => {
    expect(enriched({}).row).toEqual({
      short_code: 'abc',
      clicked_at: 1_700_000_000_000,
      visitor: hashVisitor(NOBODY),
      browser: 'Unknown',
      os: 'Unknown',
      country: 'XX',
      city: 'Unknown',
      referrer: 'Direct',
      is_bot: false,
      redirect_ms: null,
      ...WITHOUT_DETAILS,
      click_id: '',
    });
  });

  test('tells visitor, families, place and referrer from the click', () => {
    const click = {
      ip: '192.0.2.1',
      user_agent: FIREFOX,
      referrer: 'https://Google.com/?q=1',
      redirect_ms: 12.5,
      click_id: 'c-1',
    };
    expect(enriched(click).row).toEqual({
      short_code: 'abc',
      clicked_at: 1_700_000_000_000,
      visitor: hashVisitor({ ...NOBODY, ip: '192.0.2.1', user_agent: FIREFOX }),
      browser: 'Firefox',
      os: 'Windows',
      country: 'CH',
      city: 'Geneva',
      referrer: 'https://google.com',
      is_bot: false,
      redirect_ms: 12.5,
      ...WITHOUT_DETAILS,
      device: 'desktop',
      browser_version: '121',
      os_version: '10',
      region: 'CH-GE',
      network: 'Net',
      hosting: 'no',
      click_id: 'c-1',
    });
  });

  test('tells language, domain, campaign and advertisement from the header and the link, unless the click says them', () => {
    const sent = {
      accept_language: 'en;q=0.5,de-AT;q=0.9',
      url: 'https://Go.Example:8443/launch?utm_source=news&utm_medium=email&utm_term=shoes&gclid=1',
    };
    expect(enriched(clickOf(sent)).row).toMatchObject({
      language: 'de',
      domain: 'go.example',
      utm_source: 'news',
      utm_medium: 'email',
      utm_campaign: '(none)',
      utm_term: 'shoes',
      utm_content: '(none)',
      ad_parameter: 'gclid',
    });
    const said = { language: 'fr-CH', domain: 'other.example', utm_source: 'paper', utm_content: 'top' };
    expect(enriched(clickOf({ ...sent, ...said })).row).toMatchObject({
      language: 'fr',
      domain: 'other.example',
      utm_source: 'paper',
      utm_medium: 'email',
      utm_content: 'top',
      ad_parameter: 'gclid',
    });
  });

  test('tells every campaign parameter that the link has', () => {
    for (const name of CAMPAIGN_PARAMETERS) {
      const { row } = enriched(clickOf({ url: `https://go.example/launch?${name}=x` }));
      const found = CAMPAIGN_PARAMETERS.filter((one) => row[one] === 'x');
      expect(found).toEqual([name]);
    }
  });

  test('tells the host of each link, whatever other links have the same campaign', () => {
    const hosts = ['one.example', 'two.example', undefined, 'one.example'];
    const domains = hosts.map((host) => {
      const url = `${host === undefined ? '' : `https://${host}`}/launch?utm_source=shared&gclid=1`;
      return enriched(clickOf({ url })).row.domain;
    });
    expect(domains).toEqual(['one.example', 'two.example', '(none)', 'one.example']);
  });

  test.each([true, false])('is_bot %s goes before what the user agent tells', (is_bot) => {
    for (const user_agent of [undefined, FIREFOX, 'Googlebot/2.1'])
      expect(enriched({ is_bot, user_agent }).row.is_bot).toBe(is_bot);
  });

  test('versions are of the browser and system that the agent names', () => {
    expect(enriched({ user_agent: FIREFOX }).row).toMatchObject({
      browser_version: '121',
      os_version: '10',
      device: 'desktop',
      bot: '(none)',
    });
    const said = clickOf({ user_agent: FIREFOX, browser: 'Mozilla Firefox', os: 'Android', device: 'Phone' });
    expect(enriched(said).row).toMatchObject({
      browser_version: '121',
      os_version: 'Unknown',
      device: 'mobile',
    });
    const versions = { browser_version: '1', os_version: '2' };
    expect(enriched({ user_agent: FIREFOX, ...versions }).row).toMatchObject(versions);
  });

  test.each<[sent: Partial<Click>, is_bot: boolean, bot: string]>([
    [{}, false, '(none)'],
    [{ user_agent: 'Googlebot/2.1' }, true, 'Googlebot'],
    [{ is_bot: true }, true, 'Unknown'],
    [{ is_bot: true, user_agent: FIREFOX }, true, 'Unknown'],
    [{ is_bot: true, user_agent: 'Googlebot/2.1' }, true, 'Googlebot'],
    [{ is_bot: false, user_agent: 'Googlebot/2.1' }, false, '(none)'],
    [{ bot: 'Hal', user_agent: FIREFOX }, true, 'Hal'],
    [{ bot: 'Hal', is_bot: false }, false, '(none)'],
  ])('of %j the bot is: %s, %s', (sent, is_bot, bot) => {
    expect(enriched(sent).row).toMatchObject({ is_bot, bot });
  });

  test('region and network are those of the address, a region only within its country', () => {
    const ip = '192.0.2.1';
    const found = { region: 'CH-GE', network: 'Net', hosting: 'no' };
    expect(enriched({ ip, city: 'Bern' }).row).toMatchObject(found);
    expect(enriched({ ip, country: 'Switzerland' }).row).toMatchObject(found);
    expect(enriched({ ip, country: 'DE' }).row).toMatchObject({ ...found, region: 'Unknown' });
    const said = { region: 'CH-BE', network: 'Mine', hosting: 'yes' } as const;
    expect(enriched({ ip, ...said }).row).toMatchObject(said);
  });

  test('a visitor id takes the place of address and user agent, but only in the hash', () => {
    const { row } = enriched({ visitor_id: 'v', ip: '192.0.2.1', user_agent: FIREFOX });
    expect(row.visitor).toBe(hashVisitor({ ...NOBODY, visitor_id: 'v' }));
    expect(row).toMatchObject({ country: 'CH', browser: 'Firefox', os: 'Windows' });
  });

  test('names of families are folded onto their own, others kept', () => {
    expect(enriched({ browser: 'Mobile Safari', os: 'Mac OS X' }).row).toMatchObject({
      browser: 'Safari',
      os: 'macOS',
    });
  });

  test('keeps what the click says of itself, and the visitor and the bot flag as they are', () => {
    const told = { ip: '192.0.2.1', user_agent: 'Googlebot/2.1' };
    const { row } = enriched({
      ...told,
      browser: 'my browser',
      os: 'my os',
      country: 'Turkey',
      city: ' A, b',
    });
    expect(row).toMatchObject({
      browser: 'my browser',
      os: 'my os',
      country: 'TR',
      city: ' A, b',
      is_bot: true,
    });
    expect(row.visitor).toBe(enriched(told).row.visitor);
  });

  test('fills each field that is missing on its own', () => {
    const told = { ip: '192.0.2.1', user_agent: FIREFOX };
    expect(enriched({ ...told, browser: 'Mine' }).row).toMatchObject({
      browser: 'Mine',
      os: 'Windows',
    });
    expect(enriched({ ...told, os: 'Mine' }).row).toMatchObject({
      browser: 'Firefox',
      os: 'Mine',
    });
    expect(enriched({ ...told, country: 'de' }).row).toMatchObject({
      country: 'DE',
      city: 'Geneva',
    });
    expect(enriched({ ...told, city: 'Bern' }).row).toMatchObject({
      country: 'CH',
      city: 'Bern',
    });
  });

  test('a country that no one knows is XX, not the one of the address', () => {
    expect(enriched({ ip: '192.0.2.1', country: 'Atlantis' }).row.country).toBe('XX');
  });

  test('a redirect of no time is not an unknown one', () => {
    expect(enriched({ redirect_ms: 0 }).row.redirect_ms).toBe(0);
  });
});

describe('needsPlace', () => {
  const PLACED = { ip: '192.0.2.1', country: 'CH', city: 'Bern' };

  test.each<readonly [boolean, boolean, Partial<Click>]>([
    [true, true, { ip: '192.0.2.1' }],
    [true, true, { ip: '192.0.2.1', country: 'DE' }],
    [true, true, { ip: '192.0.2.1', city: 'Bern' }],
    [false, true, PLACED],
    [false, true, { ...PLACED, network: 'Net', hosting: 'no' }],
    [false, true, { ...PLACED, network: 'Net', region: 'CH-BE' }],
    [false, true, { ...PLACED, hosting: 'no', region: 'CH-BE' }],
    [false, false, { ...PLACED, network: 'Net', hosting: 'no', region: 'CH-BE' }],
    [false, false, {}],
    [false, false, { country: 'DE' }],
  ])('%j, and %j with networks, for %j; the place is looked up just then', (alone, withNetworks, click) => {
    for (const [needed, hasNetworks] of [
      [alone, false],
      [withNetworks, true],
    ] as const) {
      expect(needsPlace(clickOf(click), hasNetworks)).toBe(needed);
      expect(enriched(click, hasNetworks).lookedUp).toEqual(needed ? [click.ip] : []);
    }
  });

  test('a click that says country and city has the network of its address, and its region in that country', () => {
    expect(enriched(PLACED, true).row).toMatchObject({
      country: 'CH',
      city: 'Bern',
      region: 'CH-GE',
      network: 'Net',
      hosting: 'no',
    });
    expect(enriched({ ...PLACED, country: 'DE', network: 'Own' }, true).row).toMatchObject({
      country: 'DE',
      region: 'Unknown',
      network: 'Own',
      hosting: 'no',
    });
  });
});
