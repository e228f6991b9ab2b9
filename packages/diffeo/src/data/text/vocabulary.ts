/** @file Tokens by number, and sequences of them brought to one length. */
import type { Tensor } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import type { NdArray } from '../ndarray.ts'
import { jsonOf, jsonTensor, type FittedState } from '../state.ts'

export interface VocabularyOptions {
  /** Leaves out what is seen less often; 1. */
  minCount?: number
  /** Keeps no more than this many, the special ones counted. */
  maxSize?: number
  /** Stand first, in this order; '<pad>' and '<unk>'. */
  specials?: readonly string[]
  /** What stands for tokens that are not there; '<unk>', if it is among the special ones. Else they are errors. */
  unknown?: string
}

/**
 * Tokens by number, the most frequent first.
 * @example
 * const vocabulary = data.Vocabulary.build([['a', 'b', 'a']])
 * vocabulary.encode(['a', 'z'])   // [2, 1]: 'z' is <unk>
 */
export class Vocabulary {
  readonly tokens: readonly string[]
  readonly unknown: string | null
  readonly #ids: ReadonlyMap<string, number>

  /** @throws DataError where a token stands twice */
  constructor(tokens: readonly string[], unknown: string | null = null) {
    this.tokens = tokens
    this.#ids = new Map(tokens.map((t, i) => [t, i]))
    if (this.#ids.size < tokens.length) throw new DataError('Vocabulary: a token stands twice')
    if (unknown !== null && !this.#ids.has(unknown))
      throw new DataError(`Vocabulary: '${unknown}' is none of the tokens`)
    this.unknown = unknown
  }
  /** Of the tokens of texts. */
  static build(texts: Iterable<Iterable<string>>, options: VocabularyOptions = {}): Vocabulary {
    checkOptions('Vocabulary.build', options, { minCount: true, maxSize: true, specials: true, unknown: true })
    const { minCount = 1, maxSize = Infinity, specials = ['<pad>', '<unk>'] } = options
    const { unknown = specials.includes('<unk>') ? '<unk>' : undefined } = options
    const counts = new Map<string, number>()
    for (const text of texts) for (const token of text) counts.set(token, (counts.get(token) ?? 0) + 1)
    const found = [...counts].filter(([token, n]) => n >= minCount && !specials.includes(token))
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([token]) => token)
    return new Vocabulary([...specials, ...found].slice(0, maxSize), unknown ?? null)
  }

  get size(): number { return this.tokens.length }
  has(token: string): boolean { return this.#ids.has(token) }
  /** @throws DataError for a token that is not there, where there is no unknown one */
  id(token: string): number {
    const id = this.#ids.get(token) ?? (this.unknown === null ? undefined : this.#ids.get(this.unknown))
    if (id === undefined)
      throw new DataError(`Vocabulary: '${token}' is none of its ${this.size} tokens, and none stands for unknown ones`)
    return id
  }
  encode(tokens: Iterable<string>): number[] { return Array.from(tokens, t => this.id(t)) }
  decode(ids: Iterable<number>): string[] {
    return Array.from(ids, id => {
      const token = this.tokens[id]
      if (token === undefined) throw new DataError(`Vocabulary: there is no token ${id}: there are ${this.size}`)
      return token
    })
  }
  /** To be saved with the model. */
  stateDict(): FittedState { return { vocabulary: jsonTensor({ tokens: this.tokens, unknown: this.unknown }) } }
  static fromStateDict(state: Readonly<Record<string, Tensor>>): Vocabulary {
    const { tokens, unknown } = jsonOf<{ tokens: string[]; unknown: string | null }>('Vocabulary', state, 'vocabulary')
    return new Vocabulary(tokens, unknown)
  }
}

export interface PadOptions {
  /** Of the result; that of the longest. What is longer is cut. */
  length?: number
  /** Fills the rest; 0. */
  value?: number
  /** Where it is filled and cut; 'right'. */
  side?: 'left' | 'right'
}
export interface Padded {
  /** `[n, length]` */
  readonly ids: NdArray<Int32Array>
  /** `[n, length]`: true where there is a token, as attention masks want it. */
  readonly mask: NdArray<Uint8Array>
  readonly lengths: NdArray<Int32Array>
}
/** Sequences of one length. @example data.padSequences([[1, 2, 3], [4]]).ids   // [[1, 2, 3], [4, 0, 0]] */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): Padded {
  checkOptions('padSequences', options, { length: true, value: true, side: true })
  const { value = 0, side = 'right' } = options
  const { length = sequences.reduce((n, s) => Math.max(n, s.length), 0) } = options
  if (!Number.isInteger(length) || length < 0)
    throw new DataError(`padSequences: length is ${length}: expected a whole number from 0 up`)
  const shape = [sequences.length, length]
  const ids = new Int32Array(sequences.length * length).fill(value)
  const mask = new Uint8Array(ids.length)
  const lengths = Int32Array.from(sequences, (s, i) => {
    const kept = Array.from(s).slice(...(side === 'left' ? [Math.max(0, s.length - length)] : [0, length]))
    const at = i * length + (side === 'left' ? length - kept.length : 0)
    ids.set(kept, at)
    mask.fill(1, at, at + kept.length)
    return kept.length
  })
  return {
    ids: { data: ids, shape },
    mask: { data: mask, shape, dtype: 'bool' },
    lengths: { data: lengths, shape: [sequences.length] },
  }
}
