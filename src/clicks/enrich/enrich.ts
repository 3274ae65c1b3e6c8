import { NONE } from '../../lib/none.ts';
import { UNKNOWN } from '../../lib/unknown.ts';
import { type DraftRow, bareRow } from '../click-row.ts';
import type { Click, ClickRow } from '../click-schema.ts';
import type { PlaceLookup } from './place.ts';
import type { ParseUserAgent } from './user-agent.ts';
import type { HashVisitor } from './visitor.ts';

/** Writes some columns of a click's row that follow from other fields than that of their own name. */
export type EnrichStep = (click: Click, row: DraftRow) => void;

/** What the steps look things up with. */
export type EnrichSources = {
  readonly hashVisitor: HashVisitor;
  readonly parseUserAgent: ParseUserAgent;
  readonly findPlace: PlaceLookup;
  /** Whether `findPlace` tells networks, too. */
  readonly hasNetworks: boolean;
};

/** The steps from a click to its row. What a click says of itself goes before what its address and agent tell. */
export function enrichSteps(sources: EnrichSources): readonly EnrichStep[] {
  return [
    visitorStep(sources.hashVisitor),
    userAgentStep(sources.parseUserAgent),
    placeStep(sources),
    linkStep,
    languageStep,
  ];
}

/** The row of a click: what the click carries, and what each step works out. */
export function enrichClick(steps: readonly EnrichStep[], click: Click): ClickRow {
  const row = bareRow(click);
  for (const step of steps) step(click, row);
  return row;
}

/**
 * Whether the click's row depends on the place database. What is only told of addresses whose network is known is not worth a lookup
 * without a database of networks.
 */
export function needsPlace(
  { ip, country, city, region, network, hosting }: Click,
  hasNetworks: boolean,
): boolean {
  if (ip === undefined) return false;
  if (country === undefined || city === undefined) return true;
  return hasNetworks && (network === undefined || hosting === undefined || region === undefined);
}

function visitorStep(hashVisitor: HashVisitor): EnrichStep {
  return (click, row) => {
    row.visitor = hashVisitor(click);
  };
}

function userAgentStep(parseUserAgent: ParseUserAgent): EnrichStep {
  return (click, row) => {
    const { user_agent: userAgent = '', bot } = click;
    const told = parseUserAgent(userAgent);
    if (click.browser === undefined) row.browser = told.browser;
    if (click.os === undefined) row.os = told.os;
    // A version is of the browser or system that the agent names, and of no other.
    if (click.browser_version === undefined && row.browser === told.browser)
      row.browser_version = told.browserVersion;
    if (click.os_version === undefined && row.os === told.os) row.os_version = told.osVersion;
    if (click.device === undefined) row.device = told.device;
    if (click.is_bot === undefined) row.is_bot = told.isBot || bot !== undefined;
    if (!row.is_bot) row.bot = NONE;
    else if (bot === undefined) row.bot = told.isBot ? told.bot : UNKNOWN;
  };
}

function placeStep({ findPlace, hasNetworks }: EnrichSources): EnrichStep {
  return (click, row) => {
    if (click.ip === undefined || !needsPlace(click, hasNetworks)) return;
    const found = findPlace(click.ip);
    if (click.country === undefined) row.country = found.country;
    if (click.city === undefined) row.city = found.city;
    // A region is of the country that the address is in, and of no other.
    if (click.region === undefined && row.country === found.country) row.region = found.region;
    if (click.network === undefined) row.network = found.network;
    if (click.hosting === undefined) row.hosting = found.hosting;
  };
}

/** What a click says of its link and campaign goes before what its URL tells. */
const linkStep: EnrichStep = (click, row) => {
  const { url } = click;
  if (url === undefined) return;
  if (click.domain === undefined && url.domain !== undefined) row.domain = url.domain;
  if (url.ad_parameter !== undefined) row.ad_parameter = url.ad_parameter;
  // A loop over the names would look each property up by its name.
  if (url.utm_source !== undefined && click.utm_source === undefined) row.utm_source = url.utm_source;
  if (url.utm_medium !== undefined && click.utm_medium === undefined) row.utm_medium = url.utm_medium;
  if (url.utm_campaign !== undefined && click.utm_campaign === undefined) row.utm_campaign = url.utm_campaign;
  if (url.utm_term !== undefined && click.utm_term === undefined) row.utm_term = url.utm_term;
  if (url.utm_content !== undefined && click.utm_content === undefined) row.utm_content = url.utm_content;
};

const languageStep: EnrichStep = ({ language, accept_language: preferred }, row) => {
  if (language === undefined && preferred !== undefined) row.language = preferred;
};
