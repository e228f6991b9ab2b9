/** @file Tokenizers by words and by characters. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { jsonOf, jsonTensor, type FittedState } from '../state.ts'
import { Vocabulary, type VocabularyOptions } from './vocabulary.ts'

/** Text to numbers and back. */
export interface Tokenizer {
  readonly size: number
  encode(text: string): number[]
  decode(ids: Iterable<number>): string
  stateDict(): FittedState
}

export interface WordOptions {
  /** All in small letters; true. */
  lowercase?: boolean
  /** What a token is; runs of letters, digits and inner apostrophes, or a sign. */
  pattern?: RegExp
}
// made when it is needed: classes of characters take a program's start milliseconds, also in a literal that is not
// reached
let made: RegExp | null = null
const words = (): RegExp =>
  (made ??= new RegExp(String.raw`[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]`, 'gu'))

/**
 * Words and signs by number.
 * @example
 * const tokenizer = data.WordTokenizer.train(['The cat.', 'The dog.'], { maxSize: 5000 })
 * tokenizer.encode('the cat barks')
 */
export class WordTokenizer implements Tokenizer {
  readonly vocabulary: Vocabulary
  readonly #lowercase: boolean
  readonly #pattern: RegExp

  constructor(vocabulary: Vocabulary, options: WordOptions = {}) {
    checkOptions('WordTokenizer', options, { lowercase: true, pattern: true })
    const { lowercase = true, pattern = words() } = options
    this.vocabulary = vocabulary
    this.#lowercase = lowercase
    this.#pattern = pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`)
  }
  static train(
    texts: Iterable<string>,
    { lowercase, pattern, ...options }: WordOptions & VocabularyOptions = {},
  ): WordTokenizer {
    const form = { ...(lowercase === undefined ? {} : { lowercase }), ...(pattern ? { pattern } : {}) }
    const splitter = new WordTokenizer(new Vocabulary([]), form)
    return new WordTokenizer(Vocabulary.build(Array.from(texts, t => splitter.tokens(t)), options), form)
  }
  get size(): number { return this.vocabulary.size }
  /** The words of a text. */
  tokens(text: string): string[] { return (this.#lowercase ? text.toLowerCase() : text).match(this.#pattern) ?? [] }
  encode(text: string): number[] { return this.vocabulary.encode(this.tokens(text)) }
  /** With blanks between: how they stood is not kept. */
  decode(ids: Iterable<number>): string { return this.vocabulary.decode(ids).join(' ') }
  stateDict(): FittedState {
    const { source, flags } = this.#pattern
    return { ...this.vocabulary.stateDict(), form: jsonTensor({ lowercase: this.#lowercase, source, flags }) }
  }
  static fromStateDict(state: Readonly<Record<string, Tensor>>): WordTokenizer {
    const { lowercase, source, flags } = jsonOf<{ lowercase: boolean; source: string; flags: string }>(
      'WordTokenizer',
      state,
      'form',
    )
    return new WordTokenizer(Vocabulary.fromStateDict(state), { lowercase, pattern: new RegExp(source, flags) })
  }
}

/**
 * Characters (code points) by number; what is decoded is the text that was encoded.
 * @example const tokenizer = data.CharTokenizer.train([text]); tokenizer.decode(tokenizer.encode(text)) === text
 */
export class CharTokenizer implements Tokenizer {
  readonly vocabulary: Vocabulary
  constructor(vocabulary: Vocabulary) { this.vocabulary = vocabulary }
  /** Without special tokens, unless they are named: a character that was not seen is an error. */
  static train(texts: Iterable<string>, options: VocabularyOptions = {}): CharTokenizer {
    return new CharTokenizer(Vocabulary.build(texts, { specials: [], ...options }))
  }
  get size(): number { return this.vocabulary.size }
  encode(text: string): number[] { return this.vocabulary.encode(text) }
  decode(ids: Iterable<number>): string { return this.vocabulary.decode(ids).join('') }
  stateDict(): FittedState { return this.vocabulary.stateDict() }
  static fromStateDict(state: Readonly<Record<string, Tensor>>): CharTokenizer {
    return new CharTokenizer(Vocabulary.fromStateDict(state))
  }
}
