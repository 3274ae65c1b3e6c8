import type { TimeRange } from '../stats/time/buckets.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { ByteLru } from './byte-lru.ts';
import type { CacheBudget } from './cache-budget.ts';
import { type Holder, holderKey } from '../fair-share/holder.ts';
import type { DataChanges, Moment } from './data-changes.ts';
import { AppError } from '../errors.ts';
import { KnownQuestions } from './cache-keys.ts';
import { SharedWork } from './coalesced-work.ts';
import type { StoredData, StoredDataWatch } from './freshness-check.ts';

/** An answer as it is sent. */
export interface SentAnswer {
  readonly body: Buffer;
  /** Names everything in the body but the time it was made at. */
  readonly tag: string;
}

/** An answer, and how long its question stays the same. */
export interface MadeAnswer extends SentAnswer {
  readonly range: TimeRange;
  /** Until when (Unix milliseconds) only a change of the data can change the answer; undefined where time itself does. */
  readonly isFixedUntil: number | undefined;
}

/** A question for which an answer may be kept. */
export interface Asked {
  /** Equal for equal questions about the same tenant, whenever they are asked. */
  readonly name: string;
  readonly tenant: Tenant;
  /** Whose shares it takes. */
  readonly holder: Holder;
  /** Its range has ended: of later clicks none is in the answer. */
  readonly isOver: boolean;
}

/** How an answer was come by. */
export type AnswerSource = 'kept' | 'shared' | 'made';

/** Makes an answer; calls `begin`, and waits for it, just before it looks at any click. */
export type MakeAnswer = (signal: AbortSignal, begin: () => Promise<void>) => Promise<MadeAnswer>;

/**
 * How old the newest look at the data may be that an answer rests on. Half of the 2 s after which changes through other
 * processes must be in every answer.
 */
const RECENT_MS = 1_000;

/** What an answer takes beside its body. */
const OVERHEAD = 1_024;

interface Kept {
  readonly answer: MadeAnswer;
  /** Of the months it touches, when it was made; undefined when that could not be found out. */
  readonly mark: string | undefined;
  /** All that had changed by then is in the answer. */
  since: Moment;
}

/** Work on an answer; without `since` it has not begun to look at clicks. */
interface Making {
  readonly work: SharedWork<MadeAnswer>;
  since?: Moment;
}

/**
 * Answers for those who ask what has just been asked. None is older than a change that this process has acknowledged, nor
 * than RECENT_MS: beyond that only as long as ClickHouse holds the same for the months of a range that has ended.
 */
export class KeptAnswers {
  readonly #changes: DataChanges;
  readonly #stored: StoredDataWatch;
  readonly #count: (source: AnswerSource) => void;
  readonly #kept: ByteLru<Kept>;
  /** What was asked lately. */
  readonly questions: KnownQuestions;
  readonly #making = new Map<string, Making>();

  constructor(
    caches: CacheBudget,
    changes: DataChanges,
    stored: StoredDataWatch,
    count: (source: AnswerSource) => void,
  ) {
    this.#kept = caches.open('responses');
    this.questions = new KnownQuestions(caches.open('questions'));
    this.#changes = changes;
    this.#stored = stored;
    this.#count = count;
  }

  /** Bytes that all of it takes. */
  get bytes(): number {
    return this.#kept.bytes + this.questions.bytes;
  }

  /** The answer that is kept for a question and still holds. */
  find({
    name,
    tenant,
  }: Pick<Asked, 'name' | 'tenant'>): SentAnswer | undefined | Promise<SentAnswer | undefined> {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    if (!this.#changes.isRecent(kept.since, tenant, RECENT_MS)) return this.#confirmed(kept, tenant);
    this.#count('kept');
    return kept.answer;
  }

  async #confirmed(kept: Kept, tenant: Tenant): Promise<SentAnswer | undefined> {
    const { range, isFixedUntil = 0 } = kept.answer;
    if (kept.mark === undefined || isFixedUntil <= Date.now()) return undefined;
    const stored = await this.#stored.recent(tenant, RECENT_MS);
    if (stored?.markOf(range) !== kept.mark) return undefined;
    kept.since = stored.since;
    this.#count('kept');
    return kept.answer;
  }

  /**
   * The answer to a question: the one kept, the one that is being made for others, or a new one.
   * @throws what `make` throws; the signal's reason when it aborts
   */
  async answer(asked: Asked, signal: AbortSignal, make: MakeAnswer): Promise<SentAnswer> {
    const kept = await this.find(asked);
    if (kept !== undefined) return kept;
    const making = this.#making.get(makingName(asked));
    const canJoin =
      making !== undefined &&
      !making.work.isGivenUp &&
      (making.since === undefined || this.#changes.isRecent(making.since, asked.tenant, RECENT_MS));
    this.#count(canJoin ? 'shared' : 'made');
    if (!canJoin) return this.#make(asked, make).work.wait(signal);
    try {
      return await making.work.wait(signal);
    } catch (error) {
      // Whoever it was made for has no share left: that is not the fault of those who joined.
      const isRefused =
        making.since === undefined && error instanceof AppError && error.code === 'unavailable';
      if (!isRefused) throw error;
      return this.#make(asked, make).work.wait(signal);
    }
  }

  #make(asked: Asked, make: MakeAnswer): Making {
    const making: Making = { work: new SharedWork((signal) => this.#run(making, asked, signal, make)) };
    this.#making.set(makingName(asked), making);
    return making;
  }

  async #run(making: Making, asked: Asked, signal: AbortSignal, make: MakeAnswer): Promise<MadeAnswer> {
    const { tenant, isOver } = asked;
    const name = makingName(asked);
    let stored: StoredData | undefined;
    const begin = async (): Promise<void> => {
      // Marks from before the clicks are read can only make the answer look older than it is.
      if (isOver) stored = await this.#stored.recent(tenant, RECENT_MS);
      making.since = this.#changes.now();
    };
    try {
      const answer = await make(signal, begin);
      this.#keep(asked, answer, stored?.markOf(answer.range), making.since);
      return answer;
    } finally {
      if (this.#making.get(name) === making) this.#making.delete(name);
    }
  }

  #keep(
    { name, tenant }: Asked,
    answer: MadeAnswer,
    mark: string | undefined,
    since: Moment | undefined,
  ): void {
    if (since === undefined) return;
    const bytes = answer.body.length + 2 * (name.length + (mark?.length ?? 0)) + OVERHEAD;
    const own = { ...answer, body: ownBytes(answer.body) };
    // Questions about one owner's clicks, whoever asks them, do not drive out those about the others'.
    const holder = tenant.kind === 'every-owner' ? EVERY_OWNER : tenant.ownerId;
    this.#kept.set(name, { answer: own, mark, since }, bytes, holder);
  }
}

/**
 * Equal for requests that may wait for the same work. An owner’s neither wait in the queue for another’s share nor are refused
 * with them. Strangers all have one share, and many of them may ask the same of one link.
 */
function makingName({ name, holder }: Asked): string {
  return `${holder.kind === 'stranger' ? holder.kind : holderKey(holder)}\0${name}`;
}

/** No owner's id: those have no control characters. */
const EVERY_OWNER = '\0';

/** Bytes in memory of their own: small ones come from a shared piece of it, which would all be held with them. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
