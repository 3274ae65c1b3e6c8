/** Some clicks, as the page in the browser is to show them. */
export interface ShownClicks {
  /** `*`: every owner. */
  readonly owner: string;
  /** ISO 8601, both included. */
  readonly start: string;
  readonly end: string;
}

/** The address of a server's page that shows the clicks to an administrator. */
export function pageAddress(server: string, { owner, start, end }: ShownClicks): string {
  const view = new URLSearchParams({ start_date: start, end_date: end, owner_id: owner });
  return `${server.replace(/\/+$/, '')}/?${view.toString()}`;
}
