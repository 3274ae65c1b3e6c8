/** Files that pages are made of, and what browsers and search engines ask every host for. */
const STATIC =
  'css js mjs map png jpg jpeg gif svg webp avif ico bmp woff woff2 ttf otf eot mp3 mp4 webm webmanifest'
    .split(' ')
    .map((ending) => `*.${ending}`);

/** Names that stand for several globs. */
const PRESETS: Readonly<Record<string, readonly string[]>> = {
  static: [...STATIC, '/robots.txt', '/ads.txt', '/sitemap*.xml', '/.well-known/*'],
};

/** Whether short codes are those that were asked for, or are left out. */
export type CodePredicate = (code: string) => boolean;

/** Whether a code fits one of the globs, in which `*` stands for any characters, `/` too; with or without its leading slash. */
export function matchesAny(globs: readonly string[]): CodePredicate {
  const matchers = globs.flatMap((glob) => PRESETS[glob] ?? [glob]).map(globMatcher);
  return (code) => matchers.some((matches) => matches(code) || matches(`/${code}`));
}

/** Takes the first place for each part, which no later place could better: linear in the text for each part. */
function globMatcher(glob: string): CodePredicate {
  const [first = '', ...parts] = glob.split('*');
  const last = parts.pop();
  if (last === undefined) return (text) => text === glob;
  return (text) => {
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
