/** Made while the page is built: see `build.ts`. */
declare module 'spoor:world-map' {
  /** The outline of every country as the `d` of an SVG path, by its code. */
  export const OUTLINES: Readonly<Record<string, string>>;
  export const MAP_SIZE: { readonly width: number; readonly height: number };
}
