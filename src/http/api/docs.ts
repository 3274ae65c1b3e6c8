import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { yieldToEventLoop } from '../../lib/event-loop.ts';
import type { Context } from '../request/context.ts';
import { renderPage } from '../docs/docs-page.ts';
import { STYLE } from '../docs/style.ts';
import { createDocument } from '../openapi/document.ts';
import type { RouteDescription } from '../openapi/model.ts';
import { everybody } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { noParameters } from '../route/declared-parameters.ts';
import { RESPONDED } from '../route/responses.ts';
import { type Route, internalRoute } from '../route/route.ts';

interface Page {
  readonly plain: Buffer;
  readonly packed: Buffer;
  /** Weak, since packed and plain are the same to a reader. */
  readonly tag: string;
}

/** A page of text and its own style sheet, and nothing else: no script, no image, no form, no frame. */
const PAGE_POLICY =
  "default-src 'none';style-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'";

/**
 * The API document, for programs and for people. Each page is made when it is first asked for, and is the same until the
 * process ends.
 * @param describedRoutes of the whole API
 */
export function docsRoutes(describedRoutes: readonly RouteDescription[]): readonly Route[] {
  return [
    docsRoute('/openapi.json', 'application/json; charset=utf-8', () => {
      return `${JSON.stringify(createDocument(describedRoutes))}\n`;
    }),
    docsRoute(
      '/docs',
      'text/html; charset=utf-8',
      async () => {
        const document = createDocument(describedRoutes);
        // Either takes some ten milliseconds.
        await yieldToEventLoop();
        return renderPage(document);
      },
      { 'Content-Security-Policy': PAGE_POLICY },
    ),
    docsRoute('/docs/style.css', 'text/css; charset=utf-8', () => STYLE),
  ];
}

function docsRoute(
  path: string,
  type: string,
  make: () => string | Promise<string>,
  headers: Record<string, string> = {},
): Route {
  return internalRoute({
    method: 'get',
    path,
    access: everybody,
    parameters: noParameters,
    body: noBody,
    sample: { path },
    handler: () => {
      let page: Promise<Page> | undefined;
      return async ({ ctx }) => {
        page ??= Promise.resolve(make()).then(pageOf);
        ctx.set(headers);
        send(ctx, type, await page);
        return RESPONDED;
      };
    },
  });
}

async function pageOf(text: string): Promise<Page> {
  const plain = Buffer.from(text);
  const digest = createHash('sha256').update(plain).digest('base64url');
  return { plain, packed: await promisify(gzip)(plain, { level: 9 }), tag: `W/"${digest.slice(0, 27)}"` };
}

function send(ctx: Context, type: string, { plain, packed, tag }: Page): void {
  ctx.set('Cache-Control', 'public, no-cache');
  ctx.set('ETag', tag);
  ctx.vary('Accept-Encoding');
  ctx.status = 200;
  if (isKnown(ctx.get('if-none-match'), tag)) {
    ctx.status = 304;
    return;
  }
  ctx.type = type;
  const isPacked = ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (isPacked) ctx.set('Content-Encoding', 'gzip');
  ctx.body = isPacked ? packed : plain;
}

function isKnown(header: string, tag: string): boolean {
  const named = header.split(',').map((one) => `W/${one.trim().replace(/^W\//, '')}`);
  return named.includes(tag) || named.includes('W/*');
}
