import type { Content, Method, Operation, Parameter, Response } from '../openapi/model.ts';
import { type Html, html } from './html.ts';
import { inline, prose } from './prose.ts';
import { describe, typeOf } from './schema-table.ts';

export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
}

/** An operation: what it does, takes and returns, beside its examples. */
export function renderRoute({ method, path, operation }: Route): Html {
  const { operationId: id, summary, description, parameters = [], requestBody, responses } = operation;
  return html`<article id="${id}" aria-labelledby="${id}-title">
    <div class="text">
      <h3 id="${id}-title"><a href="#${id}">${summary}</a></h3>
      <p class="route"><span class="method ${method}">${method}</span> <code>${path}</code></p>
      ${prose(description)}
      <p class="access">${accessOf(operation)}</p>
      ${
        parameters.length === 0
          ? ''
          : html`<h4>Parameters</h4>
              <dl class="fields">${parameters.map(renderParameter)}</dl>`
      }
      ${
        requestBody === undefined
          ? ''
          : html`<h4>Body</h4>
              <p>${inline(requestBody.description)}${requestBody.required ? '' : ' It may be left out.'}</p>
              ${bodyTypes(requestBody.content)}`
      }
      <h4>Responses</h4>
      <dl class="responses">
        ${Object.entries(responses).map(([status, response]) => renderResponse(status, response))}
      </dl>
    </div>
    <div class="examples">
      ${operation['x-codeSamples'].map(({ label, source }) => example(label, source))}
      ${requestBody === undefined ? '' : examplesOf('Body', requestBody.content)}
      ${Object.entries(responses)
        .filter(([status]) => Number(status) < 300)
        .map(([status, { content }]) =>
          content === undefined ? '' : examplesOf(`Response ${status}`, content),
        )}
    </div>
  </article> `;
}

function renderParameter({
  name,
  in: place,
  required,
  description,
  schema,
  example: shown,
}: Parameter): Html {
  const where = place === 'query' ? '' : ` in the ${place}`;
  return html`<dt>
      <code>${name}</code>
      <span class="type">${typeOf(schema)}${where}</span
      >${required === true ? html` <span class="required">required</span>` : ''}
    </dt>
    <dd>
      <p>${inline(description)}</p>
      ${describe({ ...schema, ...(shown === undefined ? {} : { examples: [shown] }) })}
    </dd> `;
}

function renderResponse(status: string, { description, headers = {}, content = {} }: Response): Html {
  const named = Object.keys(headers);
  return html`<dt><span class="status s${status.charAt(0)}">${status}</span></dt>
    <dd>
      <p>
        ${inline(description)}${named.length === 0 ? '' : html` <span class="notes">Headers: ${named.map((name, index) => html`${index === 0 ? '' : ', '}<code>${name}</code>`)}.</span>`}
      </p>
      ${bodyTypes(content)}
    </dd> `;
}

function bodyTypes(content: Content): readonly Html[] {
  return Object.entries(content).map(
    ([type, { schema }]) => html`<p class="notes"><code>${type}</code>: ${typeOf(schema)}</p>`,
  );
}

function accessOf({ security }: Operation): Html {
  if (security.length === 0) return html`Open to everybody.`;
  const scopes = security.flatMap((one) => one['ApiKey'] ?? []);
  const isOpen = security.some((one) => Object.keys(one).length === 0);
  return html`Needs a key with
  ${scopes.map((scope, index) => html`${index === 0 ? '' : ' or '}<code>${scope}</code>`)}${isOpen ? '; none with scope=anon where the statistics of the URL are public' : ''}.`;
}

function examplesOf(title: string, content: Content): readonly Html[] {
  return Object.entries(content).flatMap(([type, { examples = {} }]) =>
    Object.values(examples).map(({ summary, value }) =>
      example(
        [title, summary ?? type].join(': '),
        typeof value === 'string' ? value : JSON.stringify(value, null, 2),
      ),
    ),
  );
}

function example(label: string, source: string): Html {
  return html`<figure>
    <figcaption>${label}</figcaption>
    <pre tabindex="0"><code>${source}</code></pre>
  </figure> `;
}
