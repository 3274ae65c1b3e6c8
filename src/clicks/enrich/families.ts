/** The family of a browser or an operating system that cannot be told. */
export const UNKNOWN_FAMILY = 'Unknown';

type Families = Readonly<Record<string, readonly string[]>>;

/** The parser's names, in lower case, that stand for a family of another name or another spelling. */
const BROWSER_FAMILIES: Families = {
  Chrome: ['chrome', 'chrome headless', 'chrome webview', 'mobile chrome'],
  Firefox: ['firefox', 'mobile firefox', 'firefox focus', 'firefox reality', 'fennec', 'klar'],
  Safari: ['safari', 'mobile safari', 'mobilesafari'],
  Edge: ['edge'],
  Opera: [
    'opera',
    'opera mini',
    'opera mobi',
    'opera mobile',
    'opera tablet',
    'opera gx',
    'opera touch',
    'opera coast',
  ],
  'Internet Explorer': ['ie', 'iemobile'],
  'Google App': ['gsa'],
  'UC Browser': ['ucbrowser'],
  'QQ Browser': ['qqbrowser', 'qqbrowserlite', 'qq'],
  WebKit: ['webkit'],
  LinkedIn: ['linkedin'],
  KakaoTalk: ['kakaotalk'],
  DuckDuckGo: ['duckduckgo'],
  PhantomJS: ['phantomjs'],
  SeaMonkey: ['seamonkey'],
  w3m: ['w3m'],
};

const OS_FAMILIES: Families = {
  Windows: ['windows'],
  'Windows Phone': ['windows phone', 'windows phone os', 'windows mobile'],
  macOS: ['mac os', 'mac os x', 'macos'],
  iOS: ['ios', 'ipados'],
  Android: ['android', 'android-x86', 'android x86'],
  'Chrome OS': ['chromium os', 'chrome os', 'cros'],
  Linux: [
    'linux',
    'gnu',
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
  webOS: ['webos'],
  HarmonyOS: ['harmonyos'],
  KaiOS: ['kaios'],
  FreeBSD: ['freebsd'],
  OpenBSD: ['openbsd'],
  NetBSD: ['netbsd'],
  PlayStation: ['playstation'],
  BlackBerry: ['blackberry', 'rim tablet os'],
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
    Object.entries(families).flatMap(([family, names]) => names.map((name) => [name, family] as const)),
  );
}
