import { expect, test } from '@jest/globals';
import { type Html, html } from '../../../src/http/docs/html.ts';
import { renderPage } from '../../../src/http/docs/docs-page.ts';
import { inline, prose } from '../../../src/http/docs/prose.ts';
import type { OpenApiDocument } from '../../../src/http/openapi/model.ts';
import { apiDocument } from '../../support/outside.ts';

/** As a browser reads it: where markup breaks its lines means nothing. */
const flat = (...pieces: readonly Html[]): string =>
  pieces.map(({ text }) => text.replaceAll(/\s*\n\s*/g, '')).join('');

test('what is put into markup is text, unless it is markup', () => {
  const hostile = `<script>alert("1")</script> & 'x'`;
  const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;';
  expect(flat(html`<p title="${hostile}">${hostile}</p>`)).toBe(`<p title="${escaped}">${escaped}</p>`);
  expect(flat(html`<b>${['a', 1, html`<i>${'<'}</i>`]}</b>`)).toBe('<b>a1<i>&lt;</i></b>');
});

test('prose has paragraphs, lists, code and bold', () => {
  expect(flat(...prose('a `<b>` **c**, d\n\n- one\n- `two`'))).toBe(
    '<p>a <code>&lt;b&gt;</code> <strong>c</strong>, d</p><ul><li>one</li><li><code>two</code></li></ul>',
  );
  expect(flat(...inline('2 * 3 ** 4 ` 5'))).toBe('2 * 3 ** 4 ` 5');
});

test('a hostile document becomes a harmless page', () => {
  const hostile = '"><script>alert(1)</script>';
  const made: OpenApiDocument = JSON.parse(
    JSON.stringify(apiDocument(), (key, value: unknown) =>
      ['description', 'summary', 'label', 'source', 'title'].includes(key) && typeof value === 'string'
        ? hostile
        : value,
    ),
  );
  const page = renderPage(made);
  expect(page).not.toContain('<script');
  expect(page).toContain('&lt;script&gt;');
});
