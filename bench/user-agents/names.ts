import { foldBrowser, foldOs } from '../../src/clicks/enrich/family-names.ts';
import type { Labels } from './sources.ts';

/** Names of other projects that our tables of families do not need: nobody sends them with clicks. */
const THEIR_BROWSERS: Readonly<Record<string, string | undefined>> = {
  android: 'Android Browser',
  webview: 'Safari',
  'apple mail': 'Safari',
  'netscape communicator': 'Netscape',
  'netscape navigator': 'Netscape',
  'bon echo': 'Firefox',
  'firefox (minefield)': 'Firefox',
  'firefox (namoroka)': 'Firefox',
  'firefox (shiretoko)': 'Firefox',
  'webkit nightly': 'Safari',
  'webkit nightly build': 'Safari',
  applemail: 'Safari',
  mozilla: undefined,
  other: undefined,
};
const THEIR_SYSTEMS: Readonly<Record<string, string | undefined>> = {
  'mac osx': 'macOS',
  'mac os classic': 'macOS',
  darwin: 'macOS',
  'windows unknown ver': 'Windows',
  'windows ce': 'Windows',
  'windows me': 'Windows',
  fireos: 'Android',
  'harmony os': 'HarmonyOS',
  'linux mint': 'Linux',
  puppy: 'Linux',
  'palm os': 'Palm',
  'symbian os': 'Symbian',
  'symbian^3': 'Symbian',
  symbianos: 'Symbian',
  'nokia series 40': 'Series 40',
  'blackberry os': 'BlackBerry',
  'dragonfly bsd': 'DragonFly',
  'nintendo wii': 'Nintendo',
  'nintendo wii u': 'Nintendo',
  'nintendo ds': 'Nintendo',
  'nintendo 3ds': 'Nintendo',
  'nintendo dsi': 'Nintendo',
  'playstation 3': 'PlayStation',
  'playstation 4': 'PlayStation',
  'playstation vita': 'PlayStation',
  'playstation portable': 'PlayStation',
  'xbox 360': 'Xbox',
  'xbox one': 'Xbox',
  // Whose device or network it is, and no system.
  ...Object.fromEntries(
    [
      'GoogleTV',
      'Google TV',
      'Kindle',
      'Samsung',
      'Panasonic',
      'VIERA',
      'Sony',
      'LG',
      'Philips',
      'NETTV',
      'docomo',
      'au',
      'SoftBank',
      'WILLCOM',
      'emobile',
      'jig',
      'DigitalTV',
      'HTTP Library',
      'misc crawler',
      'Unix',
      'Digital Unix',
      'BSD',
      'Touchwiz',
      'SpreadTrum',
      'other',
    ].map((name) => [name.toLowerCase(), undefined]),
  ),
};

/** A source's labels in our names; undefined where it says nothing. */
export function inOurNames({ browser, os, isBot }: Labels): Labels {
  return {
    browser: ourName(browser, THEIR_BROWSERS, foldBrowser),
    os: ourName(os, THEIR_SYSTEMS, foldOs),
    isBot,
  };
}

function ourName(
  name: string | undefined | null,
  theirs: Readonly<Record<string, string | undefined>>,
  fold: (name: string) => string,
): string | undefined {
  // Some take the agent itself for a name where they know no better.
  if (name === undefined || name === null || name === '' || name.includes('/')) return undefined;
  const lower = name.toLowerCase();
  return lower in theirs ? theirs[lower] : fold(name);
}
