import { createRouter } from '../../src/http/app.ts';
import type { Services } from '../../src/http/request/services.ts';

export interface KnownRoute {
  readonly method: string;
  /** As it was declared, such as `/api/v1/urls/:short_code`. */
  readonly pattern: string;
}

/** Every route of the router itself, so that one that is added is tested before anybody thinks of it. */
export function allRoutes(): readonly KnownRoute[] {
  // Declaring routes asks nothing of the services.
  const router = createRouter({} as Services);
  return router.stack.flatMap(({ methods, path }) =>
    methods.filter((method) => method !== 'HEAD').map((method) => ({ method, pattern: String(path) })),
  );
}
