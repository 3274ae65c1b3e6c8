import { TestEnvironment } from 'jest-environment-node';

/**
 * Node's environment with a way out of it. Jest loads every module anew for each suite; what is imported outside, a worker loads
 * once for all its suites.
 */
export default class EnvironmentWithOutside extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.importOutside = (path) => import(new URL(`../../${path}`, import.meta.url).href);
  }
}
