/** What is shown of a click that lacks what its sender could have said. */
export const NONE = '(none)';
