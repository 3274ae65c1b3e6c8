import { InvalidArgumentError } from 'commander';

/** Refuses an empty value: an unset shell variable must not select everything. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** Refuses what the server would: the id of a new owner has no blanks around it. */
export function newOwner(text: string): string {
  if (text !== text.trim()) throw new InvalidArgumentError('It must not begin or end with a blank.');
  return notEmpty(text);
}
