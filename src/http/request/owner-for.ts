import { AppError } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';

/**
 * The owner that a request is about: the key's, unless an administrator names another.
 * @param field the field that names one
 * @throws AppError 403 where anybody else does
 */
export function ownerFor(principal: Principal, named: string | null | undefined, field = 'owner_id'): string {
  const ownerId = named ?? principal.ownerId;
  if (ownerId === principal.ownerId || isAdmin(principal)) return ownerId;
  throw new AppError('forbidden', 'Only a key with admin:all may name another owner.', { field });
}
