import { assertNever } from '../errors.ts';
import type { Tenant } from '../stats/conditions.ts';
import type { Question, Subject } from '../stats/query.ts';
import { ByteLru } from './byte-lru.ts';

/** A question that was read before. */
export interface KnownQuestion {
  readonly subject: Subject;
  /** Equal for questions that differ in their words, or in when they were asked, alone. */
  readonly text: string;
  /** The tenant it was last asked about, with the name for that: a long text is not put together each time. */
  last?: { readonly tenant: Tenant; readonly name: string };
}

interface Read extends KnownQuestion {
  /** Milliseconds of a clock that never goes back: from then on the same words may be another question. */
  readonly until: number;
}

/** An end in the future stands for now until it comes; it is looked at again so often. */
const LOOKED_AT_AGAIN_MS = 1_000;

const OVERHEAD = 256;

/** Query strings and the questions they are, so that one asked again need not be read again. */
export class KnownQuestions {
  readonly #read: ByteLru<Read>;

  constructor(bytes: number) {
    this.#read = new ByteLru(bytes);
  }

  get bytes(): number {
    return this.#read.bytes;
  }

  find(queryString: string): KnownQuestion | undefined {
    const read = this.#read.get(queryString);
    return read !== undefined && performance.now() < read.until ? read : undefined;
  }

  /** @param now when the question was read, Unix milliseconds */
  remember(queryString: string, question: Question, now: number): KnownQuestion {
    const isOpen = question.end >= now;
    const end = isOpen ? 'now' : question.end;
    const text = JSON.stringify({ ...question, end, keptSince: undefined });
    const until =
      isOpen && queryString.includes('end_date') ? performance.now() + LOOKED_AT_AGAIN_MS : Infinity;
    const read = { subject: question.subject, text, until };
    this.#read.set(queryString, read, 2 * (queryString.length + 2 * text.length) + OVERHEAD);
    return read;
  }
}

/** What an answer to a question about a tenant is kept under. */
export function nameOf(question: KnownQuestion, tenant: Tenant): string {
  if (question.last === undefined || !isSame(question.last.tenant, tenant)) {
    question.last = { tenant, name: newName(question, tenant) };
  }
  return question.last.name;
}

function isSame(one: Tenant, other: Tenant): boolean {
  if (one.kind === 'every-owner' || other.kind === 'every-owner') return one.kind === other.kind;
  if (one.ownerId !== other.ownerId) return false;
  return one.kind === 'url'
    ? other.kind === 'url' && one.shortCode === other.shortCode
    : other.kind === 'owner';
}

function newName({ text }: KnownQuestion, tenant: Tenant): string {
  switch (tenant.kind) {
    case 'owner':
      return `owner ${tenant.ownerId.length} ${tenant.ownerId} ${text}`;
    case 'url':
      return `url ${tenant.ownerId.length} ${tenant.ownerId} ${tenant.shortCode.length} ${tenant.shortCode} ${text}`;
    case 'every-owner':
      return `every-owner ${text}`;
    default:
      return assertNever(tenant);
  }
}
