import type { Principal } from './scopes.ts';

/** An API key as it is stored: without the key itself. Times are Unix milliseconds. */
export interface ApiKey extends Principal {
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export type NewApiKey = Pick<ApiKey, 'ownerId' | 'name' | 'scopes' | 'rateLimit' | 'expiresAt'>;
