declare global {
  /** Of test/support/environment.js: imports a file of the repository outside of this suite. */
  var importOutside: (path: string) => Promise<any>;
}

/**
 * Modules that many suites use and no suite changes, loaded once for all suites of a worker: to load them takes longer than
 * most suites do. The service is the compiled one, as users run it.
 */
export const { documentJudge }: typeof import('./document-judge.js') = await importOutside(
  'test/support/document-judge.js',
);
export const { ROUTES, apiDocument }: typeof import('../../src/http/api/routes.ts') =
  await importOutside('dist/http/api/routes.js');
export const { start, readConfig, createLog } = await serviceIn('.');

/** What starts the service that is built in a folder. @param folder from the top of the repository */
export async function serviceIn(folder: string) {
  const { start }: typeof import('../../src/main.ts') = await importOutside(`${folder}/dist/main.js`);
  const { readConfig }: typeof import('../../src/config.ts') = await importOutside(
    `${folder}/dist/config.js`,
  );
  const { createLog }: typeof import('../../src/process/log.ts') = await importOutside(
    `${folder}/dist/process/log.js`,
  );
  return { start, readConfig, createLog };
}
