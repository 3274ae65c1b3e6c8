import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { PACKAGE_ROOT } from '../../process/package-root.ts';
import type { Context } from '../request/context.ts';
import { matchesTag } from '../response/etag.ts';
import { everybody } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { anyParameters } from '../route/declared-parameters.ts';
import { RESPONDED } from '../route/responses.ts';
import { type Route, internalRoute } from '../route/route.ts';

const BUILT = join(PACKAGE_ROOT, 'dist/dashboard');

/** The policy of the page: it loads only from this server, sends requests nowhere else, and runs no inline code. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join(';');

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** How a file can be sent, best first, and what its compressed copy's name ends with. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
  ['identity', ''],
] as const;

interface BuiltFile {
  readonly contentType: string;
  readonly tag: string;
  readonly bodies: Readonly<Record<string, Buffer>>;
}

const COMMON = { method: 'get', access: everybody, parameters: anyParameters, body: noBody } as const;

/**
 * The dashboard: one page, and its files under names that change with their content.
 * @param folder where `npm run build` has put them; read when the routes are opened
 */
export function dashboardRoutes(folder = BUILT): readonly Route[] {
  const index = internalRoute({
    ...COMMON,
    path: '/',
    sample: { path: '/' },
    handler: () => {
      const page = existsSync(join(folder, 'index.html')) ? readBuilt(folder, 'index.html') : undefined;
      return ({ ctx }) => {
        if (page === undefined) {
          throw new AppError('not_found', 'The dashboard is not built: run "npm run build" and start again.');
        }
        ctx.set('Content-Security-Policy', PAGE_POLICY);
        ctx.set('Cache-Control', 'no-cache');
        ctx.set('ETag', `W/"${page.tag}"`);
        if (matchesTag(ctx.get('if-none-match'), page.tag)) {
          ctx.vary('Accept-Encoding');
          return { status: 304 };
        }
        send(ctx, page);
        return RESPONDED;
      };
    },
  });
  const asset = internalRoute({
    ...COMMON,
    path: '/assets/{name}',
    sample: { path: '/assets/none.js' },
    handler: () => {
      const files = readAssets(folder);
      return ({ ctx }) => {
        const file = files.get(ctx.path.slice('/assets/'.length));
        if (file === undefined) throw new AppError('not_found', 'There is no such file.');
        ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
        send(ctx, file);
        return RESPONDED;
      };
    },
  });
  return [index, asset];
}

function send(ctx: Context, { contentType, bodies }: BuiltFile): void {
  ctx.vary('Accept-Encoding');
  const [encoding] = ENCODINGS.find(([name]) => ctx.acceptsEncodings(name) === name) ?? ['identity'];
  ctx.status = 200;
  ctx.set('Content-Type', contentType);
  if (encoding !== 'identity') ctx.set('Content-Encoding', encoding);
  ctx.body = bodies[encoding];
}

function readAssets(built: string): ReadonlyMap<string, BuiltFile> {
  const folder = join(built, 'assets');
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => extensionOf(name) in CONTENT_TYPES);
  return new Map(names.map((name) => [name, readBuilt(folder, name)]));
}

function readBuilt(folder: string, name: string): BuiltFile {
  const bodies = Object.fromEntries(
    ENCODINGS.map(([encoding, ending]) => [encoding, readFileSync(join(folder, name + ending))]),
  );
  const tag = createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('base64url')
    .slice(0, 27);
  return { contentType: CONTENT_TYPES[extensionOf(name)] ?? 'application/octet-stream', tag, bodies };
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
