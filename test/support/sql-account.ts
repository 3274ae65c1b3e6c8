import type { UserSetting } from '../../src/sql-users/user-settings.ts';
import type { MoreUsers } from './cluster.ts';

export interface SqlAccount {
  readonly name: string;
  readonly password: string;
  readonly settings: readonly UserSetting[];
  readonly grants: readonly string[];
}

/** Users as a server's own file has them: what `CREATE USER … SETTINGS …`, `GRANT` and `DEFAULT DATABASE` say. */
export function usersXml(accounts: readonly SqlAccount[]): MoreUsers {
  return {
    profiles: accounts.map(({ name, settings }) => element(name, profileOf(settings))).join(''),
    users: accounts
      .map(({ name, password, grants }) =>
        element(
          name,
          [
            element('password', password),
            element('networks', element('ip', '127.0.0.1')),
            element('profile', name),
            element('default_database', name),
            element('grants', grants.map((grant) => element('query', grant)).join('')),
          ].join(''),
        ),
      )
      .join(''),
  };
}

function profileOf(settings: readonly UserSetting[]): string {
  const values = settings.map(({ name, value }) => (value === undefined ? '' : element(name, value)));
  const constraints = settings
    .filter(({ isChangeable }) => isChangeable)
    .map(({ name, min, max }) =>
      element(
        name,
        [
          min === undefined ? '' : element('min', min),
          max === undefined ? '' : element('max', max),
          '<changeable_in_readonly/>',
        ].join(''),
      ),
    );
  return `${values.join('')}${element('constraints', constraints.join(''))}`;
}

function element(name: string, content: string | number): string {
  return `<${name}>${content}</${name}>`;
}
