import { ownCopy } from '../../lib/own-copy.ts';
import { UNKNOWN } from '../../lib/unknown.ts';

/** Words of agents that are not the name of a program, in lower case: those of browsers, systems and devices that it claims to be. */
const NO_NAMES: ReadonlySet<string> = new Set(
  `mozilla applewebkit khtml like gecko chrome chromium safari version mobile windows nt win64 wow64 x64 x86 macintosh intel
  mac os x linux x86_64 i686 i586 x11 android compatible u en us en-us de rv build iphone ipad cpu msie trident firefox edg edge opera presto
  .net clr slcc2 media center pc unknown nexus 5x pixel ubuntu debian amd64 arm64 wv samsung touch tablet ios darwin
  user-agent the a an and by for from of with to in my is http https mailto bot crawler spider robot null none compatibility net
  check checker crawl feed fetcher index monitor parser preview scanner search agent client service website link links or browser renderer`.split(
    /\s+/,
  ),
);

/** What names of programs often have in them. */
const SIGN =
  /bot|crawl|spider|slurp|fetch|preview|scan|archiv|monitor|headless|externalhit|http|check|feed|curl|wget|validator|scrap|agent|library|python|proxy|index|search|google-/i;

/** A part of an agent that tells where to read more, or whom to write to. */
const ADDRESS = /:\/\/|@|^\+?www\.|^\+/;

/** What browsers write before the program that they are like, and programs before their own name. */
const CLAIM = /\bcompatible;/i;

const MAX_NAME_CHARACTERS = 64;

/** What stands between the parts of an agent. */
const SEPARATOR = /[\s;,()[\]{}"'<>|]+/;

/** A name without the signs around it. */
const NAME = /^[-_.:*]*([\p{L}\d@][\p{L}\d_.!&:-]*?)[-_.:*]*$/u;
const VERSION = /[-_]v?\d+(?:\.\d+)+$/i;
const NUMBER = /^v?\d[\d._-]*$/i;

/**
 * What the agent of a program calls it, without its version: `Googlebot`, `curl`, `facebookexternalhit`. Of several names it is the
 * first that sounds like a program's, else the first; `Unknown` where there is none.
 */
export function botName(agent: string): string {
  // Some programs and loggers write `+` for a blank.
  const text = agent.includes(' ') ? agent : agent.replaceAll('+', ' ');
  const claim = text.startsWith('Mozilla/') ? text.search(CLAIM) : -1;
  // What stands after it is the program's own; before it is what it is like.
  const parts = (claim === -1 ? text : `${text.slice(claim)} ${text.slice(0, claim)}`).split(SEPARATOR);
  let first: string | undefined;
  for (const part of parts) {
    const name = nameOf(part);
    if (name === undefined) continue;
    if (SIGN.test(name)) return name;
    first ??= name;
  }
  return first ?? UNKNOWN;
}

function nameOf(part: string): string | undefined {
  const slash = part.indexOf('/');
  const product = slash === -1 ? part : part.slice(0, slash);
  if (product.length > MAX_NAME_CHARACTERS || ADDRESS.test(part)) return undefined;
  const name = NAME.exec(product)?.[1]?.replace(VERSION, '');
  const isName = name !== undefined && name.length > 1 && !NUMBER.test(name);
  return isName && !NO_NAMES.has(name.toLowerCase()) ? ownCopy(name) : undefined;
}
