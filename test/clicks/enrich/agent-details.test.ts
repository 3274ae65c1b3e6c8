import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { botName } from '../../../src/clicks/enrich/bot-names.ts';
import { DEVICES, foldDevice } from '../../../src/clicks/enrich/devices.ts';
import { parseUserAgent } from '../../../src/clicks/enrich/user-agent.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PC = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT}`;
const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT}`;

describe('versions and device', () => {
  test.each([
    ['131', '10', 'desktop', `${PC} Chrome/131.0.0.0 Safari/537.36`],
    ['131', '10', 'desktop', `${PC} Chrome/130.0.0.0 Safari/537.36 Edg/131.0.2210.91`],
    ['17', '10', 'desktop', `${MAC} Version/17.2 Safari/605.1.15`],
    ['121', 'Unknown', 'desktop', 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0'],
    [
      '120',
      '14541',
      'desktop',
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`,
    ],
    ['11', '7', 'desktop', 'Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko'],
    ['8', 'XP', 'desktop', 'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; Tablet PC 2.0)'],
    ['12', '7', 'desktop', 'Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.16'],
    ['17', '17', 'mobile', `${IPHONE} Version/17.2 Mobile/15E148 Safari/604.1`],
    ['Unknown', '17', 'mobile', `${IPHONE} Mobile/15E148`],
    ['445', '17', 'mobile', `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/445.0.0.34.118;FBBV/1]`],
    ['312', '17', 'mobile', `${IPHONE} Mobile/15E148 Instagram 312.0.0.22.114 (iPhone14,7)`],
    ['9', '17', 'mobile', `${IPHONE} Mobile/15E148 [LinkedInApp]/9.29.2461`],
    [
      '120',
      '14',
      'mobile',
      `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36`,
    ],
    [
      '120',
      '13',
      'tablet',
      `Mozilla/5.0 (Linux; Android 13; SM-X900) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`,
    ],
    [
      '12',
      '12',
      'tablet',
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1',
    ],
    ['121', '14', 'tablet', 'Mozilla/5.0 (Android 14; Tablet; rv:121.0) Gecko/121.0 Firefox/121.0'],
    [
      '20',
      'Unknown',
      'mobile',
      'Opera/9.80 (Android; Opera Mini/20.0.2254/191.218; U; ru) Presto/2.12.423 Version/12.16',
    ],
    [
      '94',
      '7',
      'tv',
      'Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Chrome/94.0.4606.31 Safari/537.36',
    ],
    ['79', 'Unknown', 'tv', `Mozilla/5.0 (Web0S; Linux/SmartTV) ${WEBKIT} Chrome/79.0.3945.79 Safari/537.36`],
    ['90', '9', 'tv', `Mozilla/5.0 (Linux; Android 9; AFTKA) ${WEBKIT} Chrome/90.0.0.0 Safari/537.36`],
    [
      '44',
      'Unknown',
      'console',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) ${WEBKIT} Edge/44.18363.8131`,
    ],
    [
      '15',
      '10',
      'other',
      `Mozilla/5.0 (Linux; Android 10; Quest 2) ${WEBKIT} OculusBrowser/15.0.0.0.22 Chrome/89.0.0.0 VR Safari/537.36`,
    ],
    ['Unknown', 'Unknown', 'Unknown', 'curl/8.5.0'],
    ['Unknown', 'Unknown', 'Unknown', ''],
  ])('%s, %s, %s: %s', (browserVersion, osVersion, device, agent) => {
    expect(parseUserAgent(agent)).toMatchObject({ browserVersion, osVersion, device });
  });

  test('are short, and of a closed set, for any text', () => {
    const word = fc.constantFrom(
      'Mozilla/5.0', '(', ')', ';', ' ', '/', 'Android', 'Windows NT', 'Version', 'Chrome', 'CPU OS', 'compatible;',
      '1', '12345', '123456', '99999999', '+http://a.example', 'bot', '-', ':', '--------', 'é', 'x'.repeat(70),
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const { browserVersion, osVersion, device, bot, isBot } = parseUserAgent(words.join(''));
        expect(browserVersion).toMatch(/^(?:Unknown|\d{1,5})$/);
        expect(osVersion).toMatch(/^(?:Unknown|\d{1,5}|XP|Vista|ME|CE)$/);
        expect([...DEVICES, 'Unknown']).toContain(device);
        expect(bot === '(none)').toBe(!isBot);
        expect(bot.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});

test.each([
  ['Googlebot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
  [
    'Googlebot',
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  ],
  [
    'GPTBot',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
  ],
  ['AhrefsBot', 'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)'],
  ['UptimeRobot', 'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)'],
  ['UptimeRobot', 'Mozilla/5.0+(compatible;+UptimeRobot/2.0;+http://www.uptimerobot.com/)'],
  ['YandexMetrika', 'Mozilla/5.0 (compatible; YandexMetrika/2.0; +http://yandex.com/bots yabs01)'],
  [
    'LinkedInBot',
    'LinkedInBot/1.0 (compatible; Mozilla/5.0; Jakarta Commons-HttpClient/4.3 +http://www.linkedin.com)',
  ],
  ['facebookexternalhit', 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'],
  ['Slackbot-LinkExpanding', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'],
  ['WhatsApp', 'WhatsApp/2.23.20.0'],
  ['TelegramBot', 'TelegramBot (like TwitterBot)'],
  ['curl', 'curl/8.5.0'],
  ['python-requests', 'python-requests/2.31.0'],
  ['Go-http-client', 'Go-http-client/1.1'],
  [
    'HeadlessChrome',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36',
  ],
  ['grub-client', 'Mozilla/4.0 (compatible; grub-client-1.4.3; Crawl your own stuff with http://grub.org)'],
  ['Unknown', 'bot@example.com'],
  ['Unknown', `${'x'.repeat(65)}bot/1`],
])('the name of %s is read', (name, agent) => {
  expect(botName(agent)).toBe(name);
});

test.each([
  ['Smartphone', 'mobile'],
  ['Desktop', 'desktop'],
  [' laptop ', 'desktop'],
  ['smarttv', 'tv'],
  ['Unknown', 'Unknown'],
  ['Fridge', 'Fridge'],
])('a click that says %j is of the device %j', (sent, device) => {
  expect(foldDevice(sent)).toBe(device);
});
