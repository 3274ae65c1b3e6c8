import { patternOf } from '../../src/http/route/router.ts';
import { ROUTES } from './outside.ts';

export interface KnownRoute {
  readonly method: string;
  /** As the router has it, such as `/api/v1/urls/:short_code`. */
  readonly pattern: string;
  /** The parameters that it is documented with. */
  readonly queryNames: readonly string[];
}

/** Every route, so that one that is added is tested before anybody thinks of it. */
export function allRoutes(): readonly KnownRoute[] {
  return ROUTES.map((route) => ({
    method: route.method.toUpperCase(),
    pattern: patternOf(route),
    queryNames: (route.description?.parameters ?? [])
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => name),
  }));
}
