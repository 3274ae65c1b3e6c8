import { MAP_SIZE, OUTLINES } from 'spoor:world-map';
import { useState } from 'preact/hooks';
import type { Group } from './result-types.ts';
import { countryName, percent, wholeNumber } from './format.ts';

/** Number of shades of the map. */
const SHADES = 5;

interface WorldMapProps {
  readonly groups: readonly Group[];
  readonly isChosen: (code: string) => boolean;
  readonly onToggle: (code: string) => void;
}

/** Countries shaded by their clicks. The list of countries shows the same numbers as text. */
export function WorldMap({ groups, isChosen, onToggle }: WorldMapProps) {
  const [pointed, setPointed] = useState<string | undefined>(undefined);
  const byCode = new Map(groups.map((group) => [group.value, group]));
  const drawn = groups.filter(({ value }) => value in OUTLINES);
  const most = Math.max(1, ...drawn.map(({ clicks }) => clicks));
  const undrawn = groups.filter(({ value }) => value !== 'XX').length - drawn.length;
  const group = pointed === undefined ? undefined : byCode.get(pointed);
  return (
    <section class="panel map" aria-labelledby="map-heading">
      <h2 id="map-heading">World</h2>
      <svg
        viewBox={`0 0 ${MAP_SIZE.width} ${MAP_SIZE.height}`}
        role="img"
        aria-label="World map of clicks. The list of countries has the same numbers."
        onMouseLeave={() => setPointed(undefined)}
      >
        {Object.entries(OUTLINES).map(([code, outline]) => {
          const clicks = byCode.get(code)?.clicks ?? 0;
          return (
            <path
              key={code}
              d={outline}
              class={`shade-${shadeOf(clicks, most)}${isChosen(code) ? ' chosen' : ''}`}
              onMouseEnter={() => setPointed(code)}
              {...(clicks > 0 || isChosen(code) ? { onClick: () => onToggle(code) } : {})}
            />
          );
        })}
      </svg>
      <div class="legend">
        <p class="pointed" aria-hidden="true">
          {pointed !== undefined &&
            `${countryName(pointed)}: ${group === undefined ? 'no clicks' : `${wholeNumber(group.clicks)} (${percent(group.share)})`}`}
          {pointed === undefined &&
            undrawn > 0 &&
            `${undrawn} of the listed countries ${undrawn === 1 ? 'is' : 'are'} too small for this map.`}
        </p>
        <p class="scale" aria-hidden="true">
          1
          {Array.from({ length: SHADES }, (_, index) => (
            <span key={index} class={`shade-${index + 1}`} />
          ))}
          {wholeNumber(most)}
        </p>
      </div>
    </section>
  );
}

/** 0 for no clicks, then by the square root, so that one large country does not leave the others blank. */
function shadeOf(clicks: number, most: number): number {
  return Math.min(SHADES, Math.ceil(Math.sqrt(clicks / most) * SHADES));
}
