import type { JsonSchema } from '../openapi/schemas.ts';
import { type Html, html } from './html.ts';
import { inline } from './prose.ts';

/** A schema's fields as a list: names, types, what they mean, their own fields below. */
export function schemaFields(schema: JsonSchema): Html {
  const fields = Object.entries(objectOf(schema['properties']));
  if (fields.length === 0) return html`<p>${typeOf(schema)}</p>`;
  const required = listOf(schema['required']);
  return html`<dl class="fields">
    ${fields.map(([name, field]) => fieldOf(name, objectOf(field), required.includes(name)))}${otherFields(schema)}
  </dl>`;
}

function fieldOf(name: string, schema: JsonSchema, isRequired: boolean): Html {
  const mark = isRequired ? html` <span class="required">required</span>` : '';
  return html`<dt><code>${name}</code> <span class="type">${typeOf(schema)}</span>${mark}</dt>
    <dd>${describe(schema)}${nested(schema)}</dd>`;
}

/** What a schema says beside its type: description, allowed values, bounds, examples. */
export function describe(schema: JsonSchema): readonly Html[] {
  const notes = [
    ...(Array.isArray(schema['enum']) ? [html`One of ${choices(listOf(schema['enum']))}.`] : []),
    ...('default' in schema ? [html`Default: <code>${textOf(schema['default'])}</code>.`] : []),
    ...boundsOf(schema),
    ...(Array.isArray(schema['examples'])
      ? [html`Example: <code>${textOf(schema['examples'][0])}</code>`]
      : []),
  ];
  const description = schema['description'];
  return [
    ...(typeof description === 'string' ? [html`<p>${inline(description)}</p>`] : []),
    ...(notes.length === 0 ? [] : [html`<p class="notes">${notes.map((note) => html`${note} `)}</p>`]),
  ];
}

function boundsOf(schema: JsonSchema): readonly Html[] {
  const { minimum, maximum, maxLength } = schema;
  if (typeof minimum === 'number' && typeof maximum === 'number' && maximum < 1e9)
    return [html`From ${minimum} to ${maximum}.`];
  if (typeof maxLength === 'number') return [html`At most ${maxLength} characters.`];
  return [];
}

function nested(schema: JsonSchema): Html | string {
  const inner = objectOf(schema['items'] ?? {});
  for (const one of [schema, inner, ...listOfObjects(schema['anyOf'])]) {
    if (Object.keys(objectOf(one['properties'])).length > 0)
      return html`<details>
        <summary>Its fields</summary>
        ${schemaFields(one)}
      </details>`;
  }
  return '';
}

function otherFields(schema: JsonSchema): Html | string {
  const others = schema['additionalProperties'];
  if (typeof others !== 'object' || others === null) return '';
  return html`<dt>others <span class="type">${typeOf(objectOf(others))}</span></dt>
    <dd></dd>`;
}

/** A schema's type in a few words; another schema's name leads to it. */
export function typeOf(schema: JsonSchema): Html {
  const { $ref: reference, type, items, anyOf, oneOf, allOf, format } = schema;
  const [general] = listOfObjects(allOf);
  if (general !== undefined) return typeOf(general);
  if (typeof reference === 'string') {
    const name = reference.slice(reference.lastIndexOf('/') + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const alternatives = listOfObjects(anyOf ?? oneOf);
  if (alternatives.length > 0) {
    return html`${alternatives.map((one, index) => html`${index === 0 ? '' : ' or '}${typeOf(one)}`)}`;
  }
  if (type === 'array') return html`list of ${typeOf(objectOf(items))}`;
  if (Array.isArray(type)) return html`${listOf(type).join(' or ')}`;
  if (format === 'date-time') return html`date and time`;
  return html`${typeof type === 'string' ? type : 'anything'}`;
}

function choices(names: readonly string[]): readonly Html[] {
  return names.map((name, index) => html`${index === 0 ? '' : ', '}<code>${name}</code>`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function objectOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOfObjects(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
