import { countryCode, UNKNOWN_COUNTRY } from '../../lib/country.ts';
import { DIRECT, normaliseReferrer } from '../../lib/referrer.ts';
import type { Click, ClickRow } from '../types.ts';
import { UNKNOWN_FAMILY } from './families.ts';
import { UNKNOWN_CITY, UNKNOWN_PLACE, type PlaceLookup } from './place.ts';
import type { ParseUserAgent } from './user-agent.ts';
import type { HashVisitor } from './visitor.ts';

/** Writes some columns of a click's row, told from the click alone. */
export type EnrichStep = (click: Click, row: DraftRow) => void;

/** A row in the making. Steps write into it: an object from each step and click would cost more than the steps do. */
export type DraftRow = { -readonly [Column in keyof ClickRow]: ClickRow[Column] };

/** What the steps look things up with. */
export type EnrichSources = {
  readonly hashVisitor: HashVisitor;
  readonly parseUserAgent: ParseUserAgent;
  readonly findPlace: PlaceLookup;
};

/** The steps from a click to its row. What a click says of itself wins over what its address and agent tell. */
export function enrichSteps(sources: EnrichSources): readonly EnrichStep[] {
  return [
    visitorStep(sources.hashVisitor),
    userAgentStep(sources.parseUserAgent),
    placeStep(sources.findPlace),
    referrerStep,
  ];
}

/** The row of a click: what the click carries and what each step tells. */
export function enrichClick(steps: readonly EnrichStep[], click: Click): ClickRow {
  const row = bareRow(click);
  for (const step of steps) step(click, row);
  return row;
}

/** Whether the click's row depends on the place database. */
export function needsPlace(click: Click): boolean {
  return isGiven(click.ip) && !(isGiven(click.country) && isGiven(click.city));
}

function bareRow(click: Click): DraftRow {
  return {
    short_code: click.shortCode,
    clicked_at: click.clickedAt,
    visitor: 0n,
    browser: UNKNOWN_FAMILY,
    os: UNKNOWN_FAMILY,
    country: UNKNOWN_COUNTRY,
    city: UNKNOWN_CITY,
    referrer: DIRECT,
    is_bot: false,
    redirect_ms: click.redirectMs ?? null,
    click_id: click.clickId ?? '',
  };
}

function visitorStep(hashVisitor: HashVisitor): EnrichStep {
  return ({ ip, userAgent }, row) => {
    row.visitor = hashVisitor(ip, userAgent);
  };
}

function userAgentStep(parseUserAgent: ParseUserAgent): EnrichStep {
  return (click, row) => {
    const told = parseUserAgent(click.userAgent ?? '');
    row.browser = isGiven(click.browser) ? click.browser : told.browser;
    row.os = isGiven(click.os) ? click.os : told.os;
    row.is_bot = told.isBot;
  };
}

function placeStep(findPlace: PlaceLookup): EnrichStep {
  return (click, row) => {
    const found = needsPlace(click) && click.ip !== undefined ? findPlace(click.ip) : UNKNOWN_PLACE;
    row.country = isGiven(click.country) ? (countryCode(click.country) ?? UNKNOWN_COUNTRY) : found.country;
    row.city = isGiven(click.city) ? click.city : found.city;
  };
}

const referrerStep: EnrichStep = ({ referrer }, row) => {
  if (referrer !== undefined) row.referrer = normaliseReferrer(referrer);
};

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
