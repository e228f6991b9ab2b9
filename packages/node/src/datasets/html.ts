/** @file The text of a page of HTML, in one pass: each character is looked at a bounded number of times. */

const entities: Readonly<Record<string, string>> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', copy: '©', reg: '®', trade: '™', bull: '•', middot: '·',
  hellip: '…', ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', laquo: '«', raquo: '»',
  cent: '¢', pound: '£', yen: '¥', euro: '€',
}

/** Their content is not text. */
const hidden = /^(?:script|style|title)$/
/** Lines begin where they begin and end. */
const blocks = /^(?:p|div|br|hr|tr|td|th|li|ul|ol|h[1-6]|table|center|blockquote|body|form|option)$/
/** They have an address, which is kept. */
const linking = /^(?:a|img|area|frame|iframe)$/

/** From `<` on: a comment, or the name of a tag, or what is no text either (`<!doctype`, `<?xml`). */
const opening = /<(?:(!--)|(\/?)([a-z][a-z\d]*)|[!?/])/giy
/** Behind the name of a tag: in quotes, which may hold `>`, or up to a blank. */
const address = /(?:href|src)\s*=\s*(?:"([^"]*)("?)|'([^']*)('?)|(\S+))/i

/** What a piece of markup leaves, and where it ends. */
interface Markup { readonly text: string; readonly end: number }

/** Where a text occurs next. What is far away is looked up once, and so is that there is none. */
class Finder {
  readonly #pattern: RegExp
  #found: { start: number; end: number } | null = { start: -1, end: 0 }

  constructor(pattern: string) { this.#pattern = new RegExp(pattern, 'gi') }

  /** The first one from `from` on, which grows from call to call. */
  next(text: string, from: number): { start: number; end: number } | null {
    if (!this.#found || this.#found.start >= from) return this.#found
    this.#pattern.lastIndex = from
    const match = this.#pattern.exec(text)
    return this.#found = match && { start: match.index, end: this.#pattern.lastIndex }
  }
}

/** Reads markup, from the front to the back of a page. */
class Scanner {
  readonly #html: string
  readonly #finders = new Map<string, Finder>()

  constructor(html: string) { this.#html = html }

  /** What begins at a `<`; null: that is text. */
  read(start: number): Markup | null {
    opening.lastIndex = start
    const [whole, comment, slash, tag] = opening.exec(this.#html) ?? []
    if (whole === undefined) return null
    const from = start + whole.length
    if (comment) return { text: '', end: this.#next('-->', from)?.end ?? this.#html.length }
    const name = tag?.toLowerCase() ?? ''
    const closing = !slash && hidden.test(name) ? this.#next(`</${name}\\s*>`, from) : null
    if (closing) return { text: ' ', end: closing.end }
    const close = this.#next('>', from)
    if (!close) return null
    if (!slash && linking.test(name)) return this.#link(from, close)
    // of the other tags nothing is left: a word in two colours is one word
    return { text: blocks.test(name) ? '\n' : '', end: close.end }
  }

  /** A tag with an address, whose first `>` may be within it. */
  #link(from: number, close: { start: number; end: number }): Markup {
    const match = address.exec(this.#html.slice(from, close.start))
    if (!match) return { text: '', end: close.end }
    const [, double, doubleEnd, single, singleEnd, bare] = match
    const value = double ?? single ?? bare
    if (bare !== undefined || doubleEnd || singleEnd) return { text: ` ${value} `, end: close.end }
    const quote = this.#next(double === undefined ? "'" : '"', close.end)
    const end = quote && this.#next('>', quote.end)
    if (!end) return { text: ` ${value} `, end: close.end }
    return { text: ` ${this.#html.slice(close.start - value.length, quote.start)} `, end: end.end }
  }

  #next(pattern: string, from: number): { start: number; end: number } | null {
    const finder = this.#finders.get(pattern) ?? new Finder(pattern)
    this.#finders.set(pattern, finder)
    return finder.next(this.#html, from)
  }
}

/**
 * The text of a page: without comments, scripts, styles and tags, lines where blocks begin, entities as characters.
 * What is not closed is left as it stands, but for a comment, which goes to the end.
 * @example datasets.htmlToText('<p>Fish &amp; <b>chips</b></p>')   // 'Fish & chips'
 */
export function htmlToText(html: string): string {
  const scanner = new Scanner(html)
  const parts: string[] = []
  let at = 0
  for (let start = html.indexOf('<'); start >= 0; start = html.indexOf('<', Math.max(at, start + 1))) {
    const markup = scanner.read(start)
    if (!markup) continue
    parts.push(html.slice(at, start), markup.text)
    at = markup.end
  }
  return tidy(decodeEntities(parts.join('') + html.slice(at)))
}

const decodeEntities = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,8}));?/gi,
    (whole, dec?: string, hex?: string, name?: string) => {
      if (name) return entities[name.toLowerCase()] ?? whole
      const code = dec ? Number(dec) : Number.parseInt(hex!, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )

/** One blank between words, one empty line between paragraphs. */
export const tidy = (text: string): string =>
  text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
