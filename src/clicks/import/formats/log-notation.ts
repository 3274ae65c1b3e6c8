import type { LogPart, LogPattern } from './log-pattern.ts';
import { apacheTime } from './apache-time.ts';
import { APACHE, NGINX, OTHER, UNREADABLE_TIME, type Variable, isAnything } from './log-variables.ts';

/** A log format in the notation of nginx (`$remote_addr …`) or Apache (`%h …`) that cannot be used, and why. */
export class NotationError extends Error {}

/** A piece of a format: fixed text, or a variable. */
type Piece = string | { readonly name: string; readonly variable: Variable };

const NGINX_PIECE = /\$(?:\{(\w+)\}|(\w+))/g;
const APACHE_PIECE = /%[!<>\d,]*(?:\{([^}]*)\}([a-zA-Z]|\^t[io])|([a-zA-Z%]))/g;

/** What stands after a path and belongs to the target with it. */
const QUERIES: ReadonlySet<string> = new Set(['$args', '$query_string', '$is_args', '%q']);

/**
 * Compiles a format in nginx's or Apache's notation, as written in `log_format` or `LogFormat`, with or without that word.
 * @param hasTrailing lines may have more fields than the format names
 * @throws NotationError for a format that does not tell what a click needs
 */
export function compileNotation(notation: string, hasTrailing: boolean): LogPattern {
  const format = formatOf(notation.trim());
  let start = '';
  const parts: NamedPart[] = [];
  const pieces = format.includes('$') ? nginxPieces(format) : apachePieces(format);
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (typeof piece !== 'string') {
      if (last?.after !== '') parts.push(partOf(piece));
      else if (!isQueryOf(last, piece.name))
        throw new NotationError(`nothing stands between ${last.name} and ${piece.name}`);
    } else if (last === undefined) start += piece;
    else parts[parts.length - 1] = { ...last, after: last.after + piece };
  }
  requireFields(parts);
  requireTime(parts, pieces);
  return { start, parts: parts.map(inQuotes), hasTrailing };
}

type NamedPart = LogPart & { readonly name: string };

function partOf({ name, variable: [field, fits] }: Exclude<Piece, string>): NamedPart {
  return { name, field, fits, after: '', isQuoted: false };
}

/** In quotes, a variable that is not known may hold anything. */
function inQuotes(part: LogPart): LogPart {
  const isQuoted = part.after.startsWith('"');
  return { ...part, isQuoted, fits: isQuoted && part.fits === OTHER[1] ? isAnything : part.fits };
}

function isQueryOf({ field }: LogPart, name: string): boolean {
  return (field === 'target' || field === 'path') && QUERIES.has(name);
}

/** What a click needs, each in one of several fields. */
const NEEDED: readonly (readonly [name: string, ...fields: readonly LogPart['field'][]])[] = [
  ['the method ($request or $request_method; %r or %m)', 'request', 'method'],
  ['the path ($request or $request_uri; %r or %U)', 'request', 'target', 'path'],
  ['the status ($status; %s)', 'status'],
];

function requireFields(parts: readonly LogPart[]): void {
  const missing = NEEDED.filter(([, ...fields]) => !parts.some(({ field }) => fields.includes(field)));
  if (missing.length > 0) throw new NotationError(`it lacks ${missing.map(([name]) => name).join(', ')}`);
}

/** Lines without a time are taken for clicks of now, which those of a format whose time is not read are not. */
function requireTime(parts: readonly NamedPart[], pieces: readonly Piece[]): void {
  const time = parts.find(({ field }) => field === 'time');
  if (time !== undefined && time.name.includes(' ') && time.after.startsWith(' '))
    throw new NotationError(`nothing but a blank ends ${time.name}, which has blanks itself`);
  if (time !== undefined) return;
  for (const piece of pieces) {
    if (typeof piece !== 'string' && piece.variable === UNREADABLE_TIME)
      throw new NotationError(`its time, ${piece.name}, is in a form that cannot be read`);
  }
}

const LOG_FORMAT = /^log_format\s+\S+\s+(?:escape=(\w+)\s+)?(.*?);?$/s;
const APACHE_DIRECTIVE = /^(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)"/s;
const QUOTED = /'([^']*)'|"([^"]*)"/g;

/** The format itself, out of the line of the server's configuration that was pasted. */
function formatOf(notation: string): string {
  const nginx = LOG_FORMAT.exec(notation);
  if (nginx !== null) {
    const strings = [...(nginx[2] ?? '').matchAll(QUOTED)];
    return strings.length === 0 ? (nginx[2] ?? '') : strings.map(([, one, two]) => one ?? two).join('');
  }
  const apache = APACHE_DIRECTIVE.exec(notation)?.[1] ?? notation;
  return apache.replaceAll('\\"', '"').replaceAll('\\t', '\t');
}

function nginxPieces(format: string): readonly Piece[] {
  return piecesOf(format, NGINX_PIECE, ([name, braced, bare]) => [
    { name, variable: NGINX[braced ?? bare ?? ''] ?? OTHER },
  ]);
}

function apachePieces(format: string): readonly Piece[] {
  return piecesOf(format, APACHE_PIECE, ([name, argument, suffix = '', letter = '']) => {
    if (letter === '%') return ['%'];
    const directive = argument === undefined ? letter : `{${argument.toLowerCase()}}${suffix}`;
    const isTime = argument !== undefined && suffix === 't';
    const piece = { name, variable: isTime ? apacheTime(argument) : (APACHE[directive] ?? OTHER) };
    // Apache writes the brackets round a time itself.
    return directive === 't' ? ['[', piece, ']'] : [piece];
  });
}

function piecesOf(
  format: string,
  pattern: RegExp,
  pieceOf: (match: RegExpExecArray) => readonly Piece[],
): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of format.matchAll(pattern)) {
    pieces.push(format.slice(end, match.index), ...pieceOf(match));
    end = match.index + match[0].length;
  }
  return [...pieces, format.slice(end)];
}
