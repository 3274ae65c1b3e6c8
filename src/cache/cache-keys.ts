import { assertNever } from '../errors.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { Question, Subject } from '../stats/parse/query.ts';
import type { ByteLru } from './byte-lru.ts';
import { sha256 } from '../lib/sha256.ts';
import { ownCopy } from '../lib/own-copy.ts';

/** A question that was read before. */
export interface KnownQuestion {
  readonly subject: Subject;
  /** Equal for questions that differ in their words, or in when they were asked, alone; of one length. */
  readonly digest: string;
  /** The tenant it was last asked about, with the name for that, which is not put together each time. */
  last?: { readonly tenant: Tenant; readonly name: string };
}

interface Read extends KnownQuestion {
  /** Milliseconds of a clock that never goes back: from then on the same words may be another question. */
  readonly until: number;
}

/** An end in the future stands for now until it comes; it is looked at again so often. */
const LOOKED_AT_AGAIN_MS = 1_000;

/** What one takes beside its texts. */
const OVERHEAD = 1_024;

/** A longer query string is known by its hash. */
const LONGEST_KEY = 512;

/** Query strings and the questions they are, so that one asked again need not be read again. */
export class KnownQuestions {
  readonly #read: ByteLru<Read>;

  constructor(cache: ByteLru<Read>) {
    this.#read = cache;
  }

  get bytes(): number {
    return this.#read.bytes;
  }

  find(queryString: string): KnownQuestion | undefined {
    const read = this.#read.get(keyOf(queryString));
    return read !== undefined && performance.now() < read.until ? read : undefined;
  }

  /** @param now when the question was read, Unix milliseconds */
  remember(queryString: string, question: Question, now: number): KnownQuestion {
    const isOpen = question.end >= now;
    const end = isOpen ? 'now' : question.end;
    const digest = sha256(JSON.stringify({ ...question, end, keptSince: undefined }));
    const until =
      isOpen && queryString.includes('end_date') ? performance.now() + LOOKED_AT_AGAIN_MS : Infinity;
    const subject = ownSubject(question.subject);
    const key = keyOf(queryString);
    const read = { subject, digest, until };
    this.#read.set(key, read, 2 * (key.length + sizeOf(subject)) + OVERHEAD);
    return read;
  }
}

/** No query string that is asked with begins like the others. */
function keyOf(queryString: string): string {
  return queryString.length <= LONGEST_KEY ? queryString : `\0${sha256(queryString)}`;
}

function ownSubject(subject: Subject): Subject {
  if (subject.scope === 'anon') return { ...subject, shortCode: ownCopy(subject.shortCode) };
  return { ...subject, ownerId: subject.ownerId === undefined ? undefined : ownCopy(subject.ownerId) };
}

function sizeOf(subject: Subject): number {
  return subject.scope === 'anon' ? subject.shortCode.length : (subject.ownerId?.length ?? 0);
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

function newName({ digest }: KnownQuestion, tenant: Tenant): string {
  switch (tenant.kind) {
    case 'owner':
      return `owner ${tenant.ownerId.length} ${tenant.ownerId} ${digest}`;
    case 'url':
      return `url ${tenant.ownerId.length} ${tenant.ownerId} ${tenant.shortCode.length} ${tenant.shortCode} ${digest}`;
    case 'every-owner':
      return `every-owner ${digest}`;
    default:
      return assertNever(tenant);
  }
}
