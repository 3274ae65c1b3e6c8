/** A click as a redirect service has it. */
export interface RawClick {
  readonly short_code: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly referrer: string;
}

/** Clicks of many visitors on 200 links; another sequence for each number, the same for the same. */
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

/** The first so many of them. */
export function someRawClicks(seed: number, count: number): readonly RawClick[] {
  const clicks = rawClicks(seed);
  return Array.from({ length: count }, () => clicks.next().value);
}
