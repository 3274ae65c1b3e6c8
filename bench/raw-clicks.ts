/** A click as a redirect service sends it. */
export interface RawClick {
  readonly short_code: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly referrer: string;
}

/** Endless clicks of many visitors on 200 links; the same seed gives the same clicks. */
export function* rawClicks(seed: number): Generator<RawClick, never> {
  let state = seed + 1;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  for (;;) {
    yield {
      short_code: `raw-${next(200)}`,
      ip: `${1 + next(200)}.${next(256)}.${next(256)}.${next(256)}`,
      user_agent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + next(60)}.0.0.0 Safari/537.36`,
      referrer: `https://news.ycombinator.com/item?id=${next(1000)}`,
    };
  }
}

/** The first `count` clicks of a seed. */
export function someRawClicks(seed: number, count: number): readonly RawClick[] {
  const clicks = rawClicks(seed);
  return Array.from({ length: count }, () => clicks.next().value);
}

/** The same with a value in every optional field that senders use: campaign, language, variant, properties. */
export interface DetailedClick extends RawClick {
  readonly url: string;
  readonly accept_language: string;
  readonly variant: string;
  readonly properties: Readonly<Record<string, string | number>>;
}

const LANGUAGES = [
  'de-AT,de;q=0.9,en;q=0.5',
  'en-US,en;q=0.9',
  'pt-BR,pt;q=0.9,en;q=0.8',
  'ja',
  'fr,en;q=0.5',
];
const PLANS = ['free', 'team', 'pro'];

/** The same clicks with their details. Each URL is another one, since it carries the click's number at an advertising network. */
export function someDetailedClicks(seed: number, count: number): readonly DetailedClick[] {
  return someRawClicks(seed, count).map((click, place) => ({
    ...click,
    url: `https://go.example.com/${click.short_code}?utm_source=newsletter&utm_medium=email&utm_campaign=spring-${place % 20}&utm_term=shoes&utm_content=header-${place % 7}&gclid=${seed}-${place}`,
    accept_language: LANGUAGES[place % LANGUAGES.length] ?? '',
    variant: place % 2 === 0 ? 'A' : 'B',
    properties: { plan: PLANS[place % PLANS.length] ?? '', seats: place % 100, customer: `c-${place % 500}` },
  }));
}
