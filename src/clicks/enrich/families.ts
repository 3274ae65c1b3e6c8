/** The family of a browser or an operating system that cannot be told. */
export const UNKNOWN_FAMILY = 'Unknown';

type Families = Readonly<Record<string, readonly string[]>>;

/**
 * Names in lower case, besides the family's own, that stand for a family: the parser's, and those of other parsers and
 * services, which clicks may come with.
 */
const BROWSER_FAMILIES: Families = {
  Chrome: [
    'chrome headless',
    'headlesschrome',
    'headless chrome',
    'chrome webview',
    'android webview',
    'mobile chrome',
    'chrome mobile',
    'chrome mobile ios',
    'chrome mobile webview',
    'chrome ios',
    'crios',
    'google chrome',
  ],
  Firefox: [
    'mobile firefox',
    'firefox mobile',
    'firefox ios',
    'fxios',
    'mozilla firefox',
    'firefox focus',
    'firefox reality',
    'fennec',
    'klar',
  ],
  Safari: ['mobile safari', 'mobilesafari', 'safari mobile', 'mobile safari ui/wkwebview', 'safari (in-app)'],
  Edge: ['microsoft edge', 'edge mobile', 'edge chromium', 'edge-chromium', 'edge webview2', 'ms edge'],
  Opera: [
    'opera mini',
    'opera mobi',
    'opera mobile',
    'mobile opera',
    'opera tablet',
    'opera gx',
    'opera touch',
    'opera coast',
  ],
  'Samsung Internet': ['samsung browser', 'samsungbrowser', 'samsung internet for android'],
  'Internet Explorer': ['ie', 'iemobile', 'ie mobile', 'msie', 'microsoft internet explorer'],
  'Google App': ['gsa', 'google'],
  'UC Browser': ['ucbrowser'],
  'QQ Browser': ['qqbrowser', 'qqbrowserlite', 'qq'],
  WebKit: [],
  LinkedIn: [],
  KakaoTalk: [],
  DuckDuckGo: [],
  PhantomJS: [],
  SeaMonkey: [],
  w3m: [],
};

const OS_FAMILIES: Families = {
  Windows: ['win32', 'win64', 'windows nt', 'microsoft windows'],
  'Windows Phone': ['windows phone os', 'windows mobile'],
  macOS: ['mac os', 'mac os x', 'os x', 'osx', 'mac', 'macintosh'],
  iOS: ['ipados', 'iphone os', 'iphone', 'ipad'],
  Android: ['android-x86', 'android x86'],
  'Chrome OS': ['chromium os', 'chromeos', 'cros'],
  Linux: [
    'gnu',
    'gnu/linux',
    'ubuntu',
    'kubuntu',
    'lubuntu',
    'xubuntu',
    'nubuntu',
    'debian',
    'suse',
    'opensuse',
    'gentoo',
    'arch',
    'slackware',
    'fedora',
    'mandriva',
    'centos',
    'pclinuxos',
    'redhat',
    'red hat',
    'zenwalk',
    'linpus',
    'raspbian',
    'deepin',
    'manjaro',
    'elementary os',
    'sabayon',
    'linspire',
    'mint',
    'mageia',
    'vectorlinux',
    'joli',
  ],
  webOS: [],
  HarmonyOS: [],
  KaiOS: [],
  FreeBSD: [],
  OpenBSD: [],
  NetBSD: [],
  PlayStation: [],
  BlackBerry: ['rim tablet os'],
};

const familyOfBrowser = familyByName(BROWSER_FAMILIES);
const familyOfOs = familyByName(OS_FAMILIES);

/** The family of a browser's name as the parser gives it, on an operating system's family. */
export function browserFamily(name: string | undefined, os: string): string {
  const family = familyOf(name, familyOfBrowser);
  // Apps on Apple's devices show pages in Safari's engine, as Android's do in Chrome's.
  return family === 'WebKit' && (os === 'iOS' || os === 'macOS') ? 'Safari' : family;
}

/** The family of an operating system's name as the parser gives it; every distribution of Linux is `Linux`. */
export function osFamily(name: string | undefined): string {
  return familyOf(name, familyOfOs);
}

/** The family of a browser's name that a click came with; a name that stands for none is kept. */
export function foldBrowser(name: string): string {
  return fold(name, familyOfBrowser);
}

/** The family of an operating system's name that a click came with; a name that stands for none is kept. */
export function foldOs(name: string): string {
  return fold(name, familyOfOs);
}

/** ` 17.2.1`, also ` XP`. */
const VERSION = / (?:\d[\d._]*|xp|vista)$/;

function fold(name: string, families: ReadonlyMap<string, string>): string {
  // Most are spelt as here, and need no lower case.
  const known = families.get(name);
  if (known !== undefined) return known;
  const lower = name.trim().toLowerCase();
  return families.get(lower) ?? families.get(lower.replace(VERSION, '')) ?? name;
}

function familyOf(name: string | undefined, families: ReadonlyMap<string, string>): string {
  if (name === undefined || name === '') return UNKNOWN_FAMILY;
  return families.get(name.toLowerCase()) ?? tidyCase(name);
}

/** Some names are the user agent's own spelling: `conkeror`, `MAXTHON`. */
function tidyCase(name: string): string {
  const lower = name.toLowerCase();
  const isShouted = name.length > 4 && name === name.toUpperCase();
  return name === lower || isShouted ? lower.charAt(0).toUpperCase() + lower.slice(1) : name;
}

function familyByName(families: Families): ReadonlyMap<string, string> {
  return new Map(
    [...Object.entries(families), [UNKNOWN_FAMILY, []] as const].flatMap(([family, names]) =>
      [family, family.toLowerCase(), ...names].map((name) => [name, family] as const),
    ),
  );
}
