import { jsonBytes } from '../../src/http/response/json-body.ts';
import type { ShapedList } from '../../src/stats/result/stats-result.ts';
import type { ComparedResult } from '../../src/stats/result/compared-result.ts';

/** An answer as who asked for it reads it. */
export async function asSent(answer: ComparedResult<ShapedList>): Promise<ComparedResult> {
  return JSON.parse((await jsonBytes(answer)).toString());
}
