import { type Param, param } from '../../sql/sql.ts';

/** An instant (Unix ms) as a parameter of the type of `clicked_at`. */
export function instantParam(instant: number): Param {
  return param("DateTime64(3, 'UTC')", new Date(instant).toISOString().slice(0, -1).replace('T', ' '));
}
