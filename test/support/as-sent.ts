import { jsonBytes } from '../../src/http/answer-bytes.ts';
import type { ShapedList } from '../../src/stats/answer.ts';
import type { ComparedAnswer } from '../../src/stats/compare.ts';

/** An answer as who asked for it reads it. */
export async function asSent(answer: ComparedAnswer<ShapedList>): Promise<ComparedAnswer> {
  return JSON.parse((await jsonBytes(answer)).toString());
}
