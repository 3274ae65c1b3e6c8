import { jsonBytes } from '../../src/http/response/json-body.ts';
import type { ShapedList } from '../../src/stats/result/stats-result.ts';
import type { ComparedAnswer } from '../../src/stats/compare.ts';

/** An answer as who asked for it reads it. */
export async function asSent(answer: ComparedAnswer<ShapedList>): Promise<ComparedAnswer> {
  return JSON.parse((await jsonBytes(answer)).toString());
}
