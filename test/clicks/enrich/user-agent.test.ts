import { describe, expect, test } from '@jest/globals';
import { ByteLru } from '../../../src/cache/byte-lru.ts';
import { type UserAgent, cachedUserAgents, parseUserAgent } from '../../../src/clicks/enrich/user-agent.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PIXEL = `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT}`;
const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT}`;
const PC = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT}`;
const X11 = `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT}`;
const GECKO = 'Gecko/20100101 Firefox/121.0';

const chrome = (version: number): string => `${PC} Chrome/${version}.0.0.0 Safari/537.36`;

describe('parseUserAgent', () => {
  test.each([
    ['Chrome', 'Windows', `${PC} Chrome/120.0.0.0 Safari/537.36`],
    ['Chrome', 'macOS', `${MAC} Chrome/120.0.0.0 Safari/537.36`],
    ['Chrome', 'Linux', `${X11} Chrome/120.0.0.0 Safari/537.36`],
    [
      'Chrome',
      'Chrome OS',
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/120.0.0.0 Safari/537.36`,
    ],
    ['Chrome', 'Android', `${PIXEL} Chrome/120.0.0.0 Mobile Safari/537.36`],
    [
      'Chrome',
      'Android',
      `Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) ${WEBKIT} Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36`,
    ],
    ['Chrome', 'iOS', `${IPHONE} CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1`],
    ['Firefox', 'Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) ${GECKO}`],
    ['Firefox', 'macOS', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) ${GECKO}`],
    ['Firefox', 'Linux', `Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) ${GECKO}`],
    ['Firefox', 'Linux', `Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:121.0) ${GECKO}`],
    [
      'Firefox',
      'Linux',
      'Mozilla/5.0 (X11; U; Linux i686; rv:1.9) Gecko/2009 CentOS/3.6-2.el5 Firefox/3.6.13',
    ],
    ['Firefox', 'Android', 'Mozilla/5.0 (Android 14; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0'],
    ['Firefox', 'iOS', `${IPHONE} FxiOS/121.0 Mobile/15E148 Safari/605.1.15`],
    ['Firefox', 'FreeBSD', `Mozilla/5.0 (X11; FreeBSD amd64; rv:121.0) ${GECKO}`],
    ['Safari', 'macOS', `${MAC} Version/17.2 Safari/605.1.15`],
    ['Safari', 'iOS', `${IPHONE} Version/17.2 Mobile/15E148 Safari/604.1`],
    [
      'Safari',
      'iOS',
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1',
    ],
    ['Safari', 'iOS', `${IPHONE} Mobile/15E148`],
    ['Edge', 'Windows', `${PC} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91`],
    ['Edge', 'Windows', `${PC} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763`],
    ['Edge', 'Android', `${PIXEL} Chrome/120.0.0.0 Mobile Safari/537.36 EdgA/120.0.2210.84`],
    ['Edge', 'iOS', `${IPHONE} Version/17.0 EdgiOS/120.0.2210.91 Mobile/15E148 Safari/605.1.15`],
    ['Opera', 'Windows', `${PC} Chrome/120.0.0.0 Safari/537.36 OPR/106.0.0.0`],
    ['Opera', 'Android', `${PIXEL} Chrome/120.0.0.0 Mobile Safari/537.36 OPR/79.0.0`],
    ['Opera', 'Linux', 'Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16'],
    ['Opera', 'iOS', 'Opera/9.80 (iPhone; Opera Mini/7.0.3/34.1244; U; de) Presto/2.8.119 Version/11.10'],
    ['Opera', 'Android', 'Opera/9.80 (Android 4.1; Linux; Opera Mobi/ADR-1212) Presto/2.11 Version/12.10'],
    ['Opera', 'iOS', `${IPHONE} Version/17.2 Mobile/15E148 Safari/604.1 OPT/4.3.1`],
    ['Samsung Internet', 'Android', `${PIXEL} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`],
    ['Internet Explorer', 'Windows', 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko'],
    [
      'Internet Explorer',
      'Windows',
      'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; WOW64; Trident/6.0)',
    ],
    [
      'Internet Explorer',
      'Windows Phone',
      'Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA)',
    ],
    ['Google App', 'iOS', `${IPHONE} GSA/300.0.598994205 Mobile/15E148 Safari/604.1`],
    ['Conkeror', 'Linux', 'Mozilla/5.0 (X11; Linux i686; rv:27.0) Gecko/20100101 conkeror/1.0pre'],
    ['Maxthon', 'Windows', 'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; MAXTHON 2.0)'],
    ['Chrome', 'Android', 'mozilla/5.0 (linux; android 14) applewebkit/537.36 chrome/120.0 mobile'],
    // A WebView of Android is Chrome, also without `wv`.
    [
      'Chrome',
      'Android',
      `Mozilla/5.0 (Linux; Android 9; SM-J530F Build/PPR1) ${WEBKIT} Version/4.0 Chrome/90.0.4430.91 Mobile Safari/537.36`,
    ],
    [
      'Android Browser',
      'Android',
      'Mozilla/5.0 (Linux; U; Android 4.0.3; de-ch; GT-I9100 Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
    ],
    [
      'Chrome',
      'HarmonyOS',
      `Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) ${WEBKIT} Chrome/99.0.4844.88 Mobile Safari/537.36`,
    ],
    [
      'Huawei Browser',
      'HarmonyOS',
      `Mozilla/5.0 (Linux; Android 10; HarmonyOS; TNY-AL00; HMSCore 6.2.0.302) ${WEBKIT} Chrome/92.0.4515.105 HuaweiBrowser/12.0.1.300 Mobile Safari/537.36`,
    ],
    [
      'Chrome',
      'HarmonyOS',
      `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${WEBKIT} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile`,
    ],
    [
      'Internet Explorer',
      'Windows Phone',
      'Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537',
    ],
    ['Firefox', 'KaiOS', 'Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5'],
    ['Opera', 'Windows', 'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; en) Opera 8.50'],
  ])('%s on %s', (browser, os, userAgent) => {
    expect(parseUserAgent(userAgent)).toMatchObject({ browser, os, isBot: false });
  });

  // Pages that apps show themselves.
  test.each([
    [
      'Threads',
      `${IPHONE} Mobile/15E148 Barcelona 289.0.0.16.109 (iPhone13,2; iOS 17_2; en_US; en; scale=3.00; 1170x2532; 490037812)`,
    ],
    [
      'Instagram',
      `${IPHONE} Mobile/15E148 Instagram 312.0.1.19.124 (iPhone13,2; iOS 17_2; en_US; en; scale=3.00; 1170x2532; 548339486)`,
    ],
    [
      'Facebook',
      `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/376.0.0.27.108;FBBV/383940242;FBDV/iPhone12,1;FBSN/iOS;FBSV/17.2;FBID/phone;FBLC/en_US;FBOP/5]`,
    ],
    [
      'Facebook Messenger',
      `${IPHONE} Mobile/15E148 LightSpeed [FBAN/MessengerLiteForiOS;FBAV/342.2.0.44.109;FBBV/339612019;FBSN/iOS]`,
    ],
    [
      'TikTok',
      `${IPHONE} Mobile/15E148 musical_ly_32.1.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en BytedanceWebview/d8a21c6`,
    ],
    [
      'Snapchat',
      `${IPHONE} Version/17.2 Mobile/15E148 Snapchat/12.54.0.61 (like Safari/8614.3.7.0.6, panda)`,
    ],
    ['Pinterest', `${IPHONE} Mobile/15E148 [Pinterest/iOS]`],
    ['Reddit', `${IPHONE} Mobile/15E148 Reddit/Version 2023.48.0/Build 613396/iOS Version 17.2`],
    ['Telegram', `${IPHONE} Version/17.2 Mobile/15E148 Safari/604.1 Telegram-iOS/10.6`],
    ['LinkedIn', `${IPHONE} Mobile/15E148 [LinkedInApp]/9.29.4519`],
    ['Twitter', `${IPHONE} Mobile/15E148 Twitter for iPhone/10.12`],
    ['LINE', `${IPHONE} Mobile/15E148 Safari Line/13.21.0`],
    ['WeChat', `${IPHONE} Mobile/15E148 MicroMessenger/8.0.44(0x18002c2d) NetType/WIFI Language/zh_CN`],
    ['KakaoTalk', `${IPHONE} Mobile/15E148 KAKAOTALK 10.4.5`],
    ['Google App', `${IPHONE} GSA/300.0.598994205 Mobile/15E148 Safari/604.1`],
    ['Bing', `${IPHONE} Version/17.2 Mobile/15E148 Safari/605.1.15 BingSapphire/1.0.411024003`],
    ['DuckDuckGo', `${IPHONE} Version/17.2 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15`],
  ])('%s on an iPhone', (browser, userAgent) => {
    expect(parseUserAgent(userAgent)).toMatchObject({ browser, os: 'iOS', isBot: false });
  });

  const chromeOn = (device: string): string =>
    `Mozilla/5.0 (Linux; Android 11; ${device}) ${WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36`;

  // Names of devices can have any words in them, also those of browsers, systems and bots.
  test.each([
    'Winnovo P20',
    'Titan Slim',
    'Windows Phone X',
    'GM Discovery 3',
    'M BOT TAB 101',
    'CUBOT X30 Build/CUBOT',
    'Opera Tab (2021) Build/RP1A',
    'Linux; iPhone clone',
    'Spider 7; crawler)',
    'http://example.com/',
  ])('%s is a device that tells nothing', (device) => {
    const told = { browser: 'Chrome', os: 'Android', isBot: false };
    expect(parseUserAgent(chromeOn(device))).toMatchObject(told);
    expect(parseUserAgent(chromeOn(`${device}; wv`))).toMatchObject(told);
    const instagram = parseUserAgent(
      `${chromeOn(device)} Instagram 312.0.0.0.1 Android (30/11; 320dpi; 720x1368; ${device}; en_US; 548339486)`,
    );
    expect(instagram).toMatchObject({ ...told, browser: 'Instagram' });
  });

  test.each([
    ['macOS', 'MyApp/1 CFNetwork/720.5.7 Darwin/14.5.0 (x86_64)'],
    ['macOS', 'Safari/15612.1.29 CFNetwork/1220.1 Darwin/20.3.0'],
    ['macOS', 'MyApp/1 CFNetwork/1333.0.4 Darwin/21.5.0 (arm64) (MacBookAir10,1)'],
    ['iOS', 'MobileSafari/604.1 CFNetwork/1410.0.3 Darwin/22.6.0'],
  ])("a request of %s's library has its system, and is no person's", (os, userAgent) => {
    expect(parseUserAgent(userAgent)).toMatchObject({ os, isBot: true });
  });

  // An expression that goes back over its text again and again would not end within the test's time.
  test.each([
    '(',
    'android (',
    '(android;',
    'Mozilla/5.0 (mobile;',
    ' gecko/',
    'opera mini ',
    'process/',
    'a@a-',
    '1.1/v1',
    'MSIE;',
    '\u0130',
  ])('%j over and over comes to an end', (part) => {
    for (const before of ['', 'Mozilla/5.0 (Linux; Android 9; ', 'Mozilla/5.0 (Windows NT 10.0) ']) {
      const agent = (before + part.repeat(2_048)).slice(0, 2_048);
      expect(parseUserAgent(agent).os).toMatch(/^(?:Unknown|Android|Windows)$/);
    }
  });

  test('text of another kind has no family', () => {
    expect(parseUserAgent('nothing to see here')).toMatchObject({ browser: 'Unknown', os: 'Unknown' });
  });

  test.each(['', '-'])('%j tells nothing', (userAgent) => {
    expect(parseUserAgent(userAgent)).toMatchObject({ browser: 'Unknown', os: 'Unknown', isBot: false });
  });

  test.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    'curl/8.5.0',
    'python-requests/2.31.0',
    `${X11} HeadlessChrome/120.0.0.0 Safari/537.36`,
    'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; ms-office)',
    'Microsoft Office Excel 2014 (16.0.10730) Windows NT 10.0',
    'Microsoft Office/16.0 (Microsoft Outlook 16.0.13228; Pro), Mozilla/4.0 (compatible; ms-office; MSOffice 16)',
    'Dart/3.1 (dart:io)',
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  ])('%s is a bot', (userAgent) => {
    expect(parseUserAgent(userAgent).isBot).toBe(true);
  });

  test('a headless Chrome is still Chrome', () => {
    expect(parseUserAgent(`${X11} HeadlessChrome/120.0.0.0 Safari/537.36`).browser).toBe('Chrome');
  });
});

describe('cachedUserAgents', () => {
  test('answers as parseUserAgent, and remembers what fits', () => {
    const cache = new ByteLru<UserAgent>(2_000);
    const parse = cachedUserAgents(cache);
    for (const version of [1, 2, 1, 3, 4, 5, 6, 7, 8, 1]) {
      expect(parse(chrome(version))).toEqual(parseUserAgent(chrome(version)));
    }
    expect(parse(chrome(1))).toBe(parse(chrome(1)));
    expect(parse('x'.repeat(2_000))).toEqual(parseUserAgent('x'));
    expect(cache.bytes).toBeGreaterThan(1_000);
    expect(cache.bytes).toBeLessThanOrEqual(2_000);
  });

  test('without room remembers nothing', () => {
    const parse = cachedUserAgents(new ByteLru(0));
    expect(parse(chrome(0))).not.toBe(parse(chrome(0)));
    expect(parse(chrome(0))).toEqual(parseUserAgent(chrome(0)));
  });
});
