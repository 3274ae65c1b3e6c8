import { METHODS, type OpenApiDocument } from '../openapi/model.ts';
import { type Html, html } from './html.ts';
import { type Route, renderRoute } from './operation.ts';
import { prose } from './prose.ts';
import { describe, schemaFields } from './schema-table.ts';

/** The API document as a page that reads by itself: no script, one style sheet. */
export function renderPage(document: OpenApiDocument): string {
  const { info, tags, components } = document;
  const routes = routesOf(document);
  const sections = tags.map(({ name, description }) => ({
    name,
    description,
    routes: routes.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const names = Object.keys(components.schemas);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          name="description"
          content="The HTTP API of Spoor: every route, parameter, response and error, with examples."
        />
        <title>${info.title} API</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <a class="home" href="#top" id="top">${info.title} API</a>
          <span class="version">${info.version}</span> <a class="raw" href="/openapi.json">openapi.json</a>
        </header>
        <nav aria-label="Contents">
          <details open>
            <summary>Contents</summary>
            <ul>
              <li><a href="#content">Introduction</a></li>
              ${sections.map(
                (section) =>
                  html`<li>
                    <a href="#${anchorOf(section.name)}">${section.name}</a>
                    <ul>
                      ${section.routes.map(
                        ({ method, operation }) =>
                          html`<li>
                            <a href="#${operation.operationId}"
                              ><span class="method ${method}">${method}</span> ${operation.summary}</a
                            >
                          </li>`,
                      )}
                    </ul>
                  </li> `,
              )}
              <li><a href="#schemas">Schemas</a></li>
            </ul>
          </details>
        </nav>
        <main id="content">
          <section class="introduction">
            <h1>${info.title} API</h1>
            ${prose(info.description)}
          </section>
          ${sections.map(
            (section) =>
              html`<section>
                  <h2 id="${anchorOf(section.name)}">${section.name}</h2>
                  ${prose(section.description)}
                </section>
                ${section.routes.map(renderRoute)}`,
          )}
          <section><h2 id="schemas">Schemas</h2></section>
          ${names.map((name) => renderSchema(name, components.schemas[name] ?? {}))}
        </main>
      </body>
    </html> `;
  return page.text;
}

function routesOf({ paths }: OpenApiDocument): readonly Route[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );
}

function renderSchema(name: string, schema: OpenApiDocument['components']['schemas'][string]): Html {
  return html`<article class="schema" id="schema-${name}" aria-labelledby="schema-${name}-title">
    <div class="text">
      <h3 id="schema-${name}-title"><a href="#schema-${name}">${name}</a></h3>
      ${describe(schema)}${schemaFields(schema)}
    </div>
  </article> `;
}

function anchorOf(name: string): string {
  return name.toLowerCase();
}
