import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { CHANNEL_OF_HOST } from '../../src/lib/channel-hosts.ts';
import { normaliseReferrer } from '../../src/lib/referrer.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { channel } from '../../src/stats/sql/channel.ts';
import { clickHouseSettings } from '../support/spoor.ts';

let database: Database;
beforeAll(() => {
  const settings = clickHouseSettings();
  const server = {
    url: settings['CLICKHOUSE_URL'] ?? '',
    user: settings['CLICKHOUSE_USER'] ?? '',
    password: settings['CLICKHOUSE_PASSWORD'] ?? '',
  };
  database = new Database(server, 'default');
});
afterAll(() => database.close());

interface Link {
  readonly referrer: string;
  readonly medium?: string;
  readonly adParameter?: string;
  readonly domain?: string;
}

/** The channels that ClickHouse finds for some clicks. */
async function channelsOf(links: readonly Link[]): Promise<readonly string[]> {
  const texts = (of: (link: Link) => string) => param('Array(String)', links.map(of));
  const rows = await database.rows<[string]>(sql`SELECT ${channel()} FROM
(
SELECT click.1 AS place, toLowCardinality(click.2) AS referrer, toLowCardinality(click.3) AS utm_medium,
  toLowCardinality(click.4) AS ad_parameter, toLowCardinality(click.5) AS domain
FROM (SELECT arrayJoin(arrayZip(range(${param('UInt32', links.length)}),
  ${texts(({ referrer }) => normaliseReferrer(referrer))}, ${texts(({ medium = '(none)' }) => medium)},
  ${texts(({ adParameter = '' }) => adParameter)}, ${texts(({ domain = '(none)' }) => domain)})) AS click)
)
ORDER BY place`);
  return rows.map(([name]) => name);
}

const CLICKS: readonly (readonly [Link, string])[] = [
  [{ referrer: '' }, 'Direct'],
  [{ referrer: 'https://www.google.com/' }, 'Search'],
  [{ referrer: 'https://www.google.co.uk/search' }, 'Search'],
  [{ referrer: 'https://google.de' }, 'Search'],
  [{ referrer: 'https://news.google.com.br/articles/1' }, 'News'],
  [{ referrer: 'https://mail.google.com/mail/u/0' }, 'Email'],
  [{ referrer: 'https://gemini.google.com/app' }, 'AI'],
  [{ referrer: 'https://docs.google.com/document' }, 'Other'],
  [{ referrer: 'https://scholar.google.com/scholar' }, 'Search'],
  [{ referrer: 'https://drive.google.com' }, 'Other'],
  [{ referrer: 'https://google.com.evil.example' }, 'Other'],
  [{ referrer: 'https://notgoogle.com' }, 'Other'],
  [{ referrer: 'https://de.search.yahoo.com/search' }, 'Search'],
  [{ referrer: 'https://mail.yahoo.co.jp' }, 'Email'],
  [{ referrer: 'https://yandex.com.tr/search' }, 'Search'],
  [{ referrer: 'https://chatgpt.com' }, 'AI'],
  [{ referrer: 'https://www.perplexity.ai/search/x' }, 'AI'],
  [{ referrer: 'https://m.youtube.com/watch' }, 'Video'],
  [{ referrer: 'https://l.facebook.com/l.php' }, 'Social'],
  [{ referrer: 'https://t.co/abc' }, 'Social'],
  [{ referrer: 'android-app://com.google.android.gm' }, 'Email'],
  [{ referrer: 'android-app://com.example.reader' }, 'Other'],
  [{ referrer: 'https://www.bbc.co.uk/news' }, 'News'],
  [{ referrer: 'https://search.naver.com:8443/x' }, 'Search'],
  [{ referrer: 'https://blog.naver.com' }, 'Other'],
  [{ referrer: 'http://[2001:db8::1]:8080/x' }, 'Other'],
  [{ referrer: 'http://192.0.2.1/x' }, 'Other'],
  [{ referrer: 'http://localhost' }, 'Other'],
  [{ referrer: 'https://googleads.g.doubleclick.net/pagead' }, 'Paid'],
  // The link goes before the referrer.
  [{ referrer: 'https://www.google.com/', adParameter: 'gclid' }, 'Paid'],
  [{ referrer: '', adParameter: 'gclid', medium: 'email' }, 'Paid'],
  [{ referrer: 'https://www.google.com/', medium: 'CPC' }, 'Paid'],
  [{ referrer: '', medium: 'Paid_Social' }, 'Paid'],
  [{ referrer: 'https://t.co/x', medium: 'Newsletter' }, 'Email'],
  [{ referrer: 'https://chatgpt.com', medium: 'organic' }, 'Search'],
  [{ referrer: 'https://chatgpt.com', medium: 'referral' }, 'AI'],
  [{ referrer: '', medium: 'qr' }, 'Other'],
  [{ referrer: 'https://nobody.example', medium: 'qr' }, 'Other'],
  // The site of the link itself.
  [{ referrer: 'https://go.example:8080/x', domain: 'go.example' }, 'Internal'],
  [{ referrer: 'https://www.youtube.com', domain: 'www.youtube.com' }, 'Internal'],
  [{ referrer: 'https://sub.go.example', domain: 'go.example' }, 'Other'],
  [{ referrer: 'https://go.example', domain: 'go.example', medium: 'email' }, 'Email'],
  [{ referrer: '', domain: 'go.example' }, 'Direct'],
];

test('the channel of a click, by rules in their order', async () => {
  const found = await channelsOf(CLICKS.map(([link]) => link));
  expect(CLICKS.map(([link], index) => [link, found[index]])).toEqual(CLICKS);
});

test('each listed host has its channel, by whatever page, port or case it is linked from', async () => {
  const hosts = [...CHANNEL_OF_HOST.keys()];
  for (const write of [
    (host: string) => `https://${host}`,
    (host: string) => `http://WWW.${host}:8080/page`,
    (host: string) => `android-app://${host}/x`,
  ]) {
    const found = await channelsOf(hosts.map((host) => ({ referrer: write(host) })));
    expect(hosts.map((host, index) => [host, found[index]])).toEqual([...CHANNEL_OF_HOST]);
  }
});
