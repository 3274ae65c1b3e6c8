import { UNKNOWN } from '../../lib/unknown.ts';
import type { SYSTEMS } from './systems.ts';

type System = keyof typeof SYSTEMS;

/** The kinds of devices. */
export const DEVICES = ['desktop', 'mobile', 'tablet', 'tv', 'console', 'other'] as const;

export type Device = (typeof DEVICES)[number];

/** How a kind of device is recognised. */
interface DeviceRule {
  readonly device: Device;
  /** Operating systems whose devices are all of this kind. */
  readonly systems?: readonly System[];
  /** Words in an agent that only such devices have. */
  readonly words?: RegExp;
  /** Words that exclude this kind. */
  readonly unless?: RegExp;
  /** The only system that the words count on. */
  readonly on?: System;
}

/** Of several that hold, the first counts. */
const RULES: readonly DeviceRule[] = [
  {
    device: 'tv',
    words:
      /\b(?:smart-?tv|smart tv|google ?tv|apple ?tv|tvos|hbbtv|netcast|nettv|dtv|ce-html|viera|bravia|web0s|aquos-?tv|opera tv|android tv|roku|crkey|vidaa|philipstv|inettvbrowser|large screen|pov_tv|mi ?tv|mibox\d?|shield android|aft[a-z]{1,6}|bunjil|dlnadoc|netrangemmh|espial|tsbnettv)\b/,
  },
  { device: 'tv', systems: ['Chromecast'] },
  { device: 'console', systems: ['Xbox', 'PlayStation', 'Nintendo'] },
  { device: 'other', systems: ['watchOS'], words: /\b(?:oculusbrowser|qtcarbrowser|tesla\/|watch\b)/ },
  {
    device: 'tablet',
    words:
      /\b(?:ipad|playbook|silk-accelerated|nexus (?:7|9|10)|xoom|kf[a-z]{2,4}(?= build|\))|sm-[tpx]\d|gt-[pn]\d{2}|sgh-t849|mediapad|matepad|hp-tablet|touchpad|tablet(?! pc))/,
  },
  { device: 'other', words: /\bkindle\/|\bnook\b/, unless: /android/ },
  { device: 'mobile', words: /\biphone|\bipod/ },
  { device: 'tv', on: 'Tizen', words: /\btizen\b/, unless: /\bmobile\b/ },
  // Android's browsers say that they are on a telephone; what else requests pages need not.
  {
    device: 'tablet',
    on: 'Android',
    words: /applewebkit\/|gecko\//,
    unless: /\bmobile\b|\bphone\b|opera (?:mini|mobi)/,
  },
  {
    device: 'mobile',
    systems: [
      'Windows Phone',
      'HarmonyOS',
      'KaiOS',
      'Bada',
      'Firefox OS',
      'Android',
      'BlackBerry',
      'Symbian',
      'Series 40',
      'iOS',
      'Sailfish',
      'MeeGo',
      'Maemo',
      'Palm',
      'Tizen',
      'webOS',
    ],
  },
  {
    device: 'mobile',
    words:
      /\bmobile\b(?! safari\/[\d.]+ edge)|\bphone\b|opera (?:mini|mobi)|\bmidp\b|\bj2me\b|up\.browser|\bucweb|windows ce|iemobile|\bbrew\b|docomo|softbank|kddi|\bnokia|portalmmm|obigo|teleca|netfront/,
    unless: /windows nt [\d.]+; (?:win64|wow64)/,
  },
  {
    device: 'desktop',
    systems: [
      'Windows',
      'macOS',
      'Linux',
      'Chrome OS',
      'FreeBSD',
      'OpenBSD',
      'NetBSD',
      'DragonFly',
      'Solaris',
      'HP-UX',
      'AIX',
      'IRIX',
      'OpenVMS',
      'AmigaOS',
      'RISC OS',
      'Haiku',
      'BeOS',
    ],
  },
];

/**
 * The kind of device that an agent is of; `Unknown` where it does not say.
 * @param os the family of its operating system
 * @param agent in lower case
 */
export function deviceOf(os: string, agent: string): string {
  return RULES.find((rule) => holds(rule, os, agent))?.device ?? UNKNOWN;
}

function holds({ systems = [], words, unless, on }: DeviceRule, os: string, agent: string): boolean {
  if (systems.some((system) => system === os)) return true;
  if (words === undefined || (on !== undefined && on !== os)) return false;
  return words.test(agent) && unless?.test(agent) !== true;
}

const THEIR_NAMES: Readonly<Record<string, Device>> = {
  pc: 'desktop',
  computer: 'desktop',
  laptop: 'desktop',
  phone: 'mobile',
  smartphone: 'mobile',
  'feature phone': 'mobile',
  phablet: 'mobile',
  smarttv: 'tv',
  'smart tv': 'tv',
  television: 'tv',
  'game console': 'console',
  gaming: 'console',
  wearable: 'other',
  car: 'other',
  'car browser': 'other',
  'smart display': 'other',
  'smart speaker': 'other',
  'portable media player': 'other',
  embedded: 'other',
  xr: 'other',
};

const DEVICE_BY_NAME: ReadonlyMap<string, string> = new Map([
  ...[...DEVICES, UNKNOWN].map((name): [string, string] => [name.toLowerCase(), name]),
  ...Object.entries(THEIR_NAMES),
]);

/** The kind of device for the name that a click sent; an unknown name is kept. */
export function foldDevice(name: string): string {
  return DEVICE_BY_NAME.get(name) ?? DEVICE_BY_NAME.get(name.trim().toLowerCase()) ?? name;
}
