import { isbot } from 'isbot';

interface Fetcher {
  /** What its agents have in them, in lower case. */
  readonly sign: string;
  /** What they lack. */
  readonly unless?: string;
  /** Where it is described. */
  readonly source: string;
}

/** Programs that `isbot` takes for people. Most fetch a link for a person who opens it later: one click would be two. */
const FETCHERS: readonly Fetcher[] = [
  // Office follows a link itself before it hands it to the browser.
  {
    sign: 'ms-office',
    source:
      'https://webmasters.stackexchange.com/questions/71112/make-server-force-excel-to-hand-over-hyperlink-to-browser-without-trying-to-load',
  },
  {
    sign: 'microsoft office',
    source: 'https://superuser.com/questions/1359127/excel-click-on-hyperlink-calls-url-three-times',
  },
  { sign: 'microsoft outlook', source: 'https://github.com/JayBizzle/Crawler-Detect/issues/430' },
  // Apple's library for requests, without its engine for pages: previews, icons, bookmarks.
  {
    sign: 'cfnetwork/',
    unless: 'applewebkit/',
    source: 'https://github.com/DamonOehlman/detect-browser/issues/131',
  },
  // The libraries of Dart and of Android, which apps unfurl links with.
  { sign: 'dart:io', source: 'https://api.dart.dev/dart-io/HttpClient/userAgent.html' },
  {
    sign: 'dalvik/',
    unless: 'applewebkit/',
    source: 'https://developer.android.com/reference/java/net/HttpURLConnection',
  },
  // Programs that are like browsers.
  {
    sign: 'storebot-google',
    source: 'https://developers.google.com/search/docs/crawling-indexing/overview-google-crawlers',
  },
  { sign: 'gtmetrix', source: 'https://gtmetrix.com/' },
  { sign: ' ylt chrome', source: 'http://yellowlab.tools/' },
  { sign: 'miniature.io', source: 'https://miniature.io/' },
  { sign: 'tsm-turingos', source: 'https://knownagents.com/agents/turingos' },
];

/**
 * What `isbot` takes for signs of programs, and agents of people have: WeChat on Android (`Process/tools`), Alipay
 * (`ws:320|504`), CSDN's app, televisions, extensions and editions of browsers, and pages through Google's services. Of
 * the known programs none is found by these alone.
 */
const NO_SIGNS =
  /process\/\w{1,16}|\||analysysagent|google ?tv|googleweblight|google wap proxy|via translate\.google\.com|edition utorrent|firephp|chromeframe|avantbrowser\.com|swurl|wechatdevtools/g;

/**
 * Whether an agent says that it is a program.
 * @param agent in lower case
 * @param text the same without names of devices, which can have any words in them
 */
export function isBotAgent(agent: string, text: string): boolean {
  return isbot(text.replace(NO_SIGNS, 'x')) || FETCHERS.some((fetcher) => isFetcher(fetcher, agent));
}

function isFetcher({ sign, unless }: Fetcher, agent: string): boolean {
  return agent.includes(sign) && (unless === undefined || !agent.includes(unless));
}
