/** @file Arguments of the command: options by a table, errors that say what was given and what is possible. */
import { DiffeoError } from 'diffeo'

/** A wrong argument: what was given, and what is possible. */
export class UsageError extends DiffeoError {
  override name = 'UsageError'
}

interface Option { readonly help: string; readonly value?: string }
interface FlagOption extends Option { readonly type: 'flag' }
interface TextOption extends Option { readonly type: 'text'; readonly choices?: readonly string[] }
interface NumberOption extends Option { readonly type: 'count' | 'whole' | 'positive' | 'number' }
export type Options = Readonly<Record<string, FlagOption | TextOption | NumberOption>>

type Value<O> = O extends FlagOption ? boolean : O extends NumberOption ? number : string
export interface Parsed<O extends Options> {
  readonly words: string[]
  readonly options: { [K in keyof O]?: Value<O[K]> }
}

/** @throws UsageError @example parse('train', ['mnist', '--epochs', '3'], { epochs: { type: 'count', help: '…' } }) */
export function parse<O extends Options>(command: string, argv: readonly string[], table: O): Parsed<O> {
  const words: string[] = []
  const options: Record<string, unknown> = {}
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]
    if (word === '--') {
      words.push(...argv.slice(i + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      words.push(word)
      continue
    }
    const [, name, inline] = /^-{1,2}([^=]*)(?:=(.*))?$/s.exec(word)!
    if (!Object.hasOwn(table, name)) throw unknown(command, word, name, Object.keys(table))
    if (Object.hasOwn(options, name)) throw new UsageError(`--${name} is given twice`)
    const option = table[name]
    if (option.type === 'flag') {
      if (inline !== undefined) throw new UsageError(`--${name} takes no value, '${inline}' was given`)
      options[name] = true
    } else {
      const text = inline ?? argv[++i]
      if (text === undefined || (inline === undefined && /^--\D/.test(text)))
        throw new UsageError(`--${name} needs a value: ${wanted(option)}`)
      options[name] = valueOf(name, text, option)
    }
  }
  return { words, options: options as Parsed<O>['options'] }
}

function unknown(command: string, word: string, name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known)
  const hint = near ? ` (did you mean --${near}?)` : ''
  const list = known.length > 0 ? `it takes ${known.map(k => `--${k}`).join(', ')}` : 'it takes none'
  return new UsageError(`diffeo ${command} has no option ${word}${hint}; ${list}`)
}

function wanted(option: TextOption | NumberOption): string {
  switch (option.type) {
    case 'count': return 'a whole number from 1'
    case 'whole': return 'a whole number from 0'
    case 'positive': return 'a number above 0'
    case 'number': return 'a number'
    case 'text': return option.choices ? `one of ${option.choices.join(', ')}` : option.value ?? 'a text'
  }
}

function valueOf(name: string, text: string, option: TextOption | NumberOption): string | number {
  const wrong = (): UsageError => new UsageError(`--${name} is '${text}'; it must be ${wanted(option)}`)
  if (option.type === 'text') {
    if (text === '' || (option.choices && !option.choices.includes(text))) throw wrong()
    return text
  }
  const value = text.trim() === '' ? NaN : Number(text)
  const least = option.type === 'count' ? 1 : 0
  const fits = option.type === 'number' || option.type === 'positive'
    ? Number.isFinite(value) && (value > 0 || option.type === 'number')
    : Number.isSafeInteger(value) && value >= least
  if (!fits) throw wrong()
  return value
}

/** The known word at most two letters away. */
export function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known.map(k => [distance(word, k), k] as const).sort(([a], [b]) => a - b)
  return ranked.length > 0 && ranked[0][0] <= Math.min(2, word.length - 1) ? ranked[0][1] : null
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}
