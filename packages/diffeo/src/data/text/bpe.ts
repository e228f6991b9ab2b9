/** @file Byte-pair encoding over bytes, as GPT-2 has it (Sennrich et al., 2016; Radford et al., 2019). */
import type { Tensor } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { jsonOf, jsonTensor, type FittedState } from '../state.ts'
import { learnMerges } from './merges.ts'
import type { Tokenizer } from './tokenizers.ts'

/** Pieces within which bytes are joined: GPT-2's pattern. */
const pattern = "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
// made when it is needed: its classes of characters take milliseconds
let made: RegExp | null = null
const piecesOf = (text: string): readonly string[] => text.match(made ??= new RegExp(pattern, 'gu')) ?? []

export interface BPEOptions {
  /** Tokens in all: 256 bytes, merges, special ones. */
  vocabSize: number
  /** Joins no pair that is seen less often; 2. */
  minCount?: number
  /** Stand last, and are never part of a text: '<|endoftext|>'. */
  specials?: readonly string[]
}

/** A number for each byte, as tokenizer.json writes it: printable characters as they are, the others from U+0100 on. */
const letters = (() => {
  let made: string[] | null = null
  return (): string[] => {
    if (made) return made
    let next = 256
    const printable = (b: number): boolean => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174
    return (made = Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : next++)))
  }
})()

/**
 * A tokenizer over bytes: any text has an encoding, and comes back from it.
 * @example
 * const tokenizer = data.BPETokenizer.train(texts, { vocabSize: 1000, specials: ['<|endoftext|>'] })
 * tokenizer.decode(tokenizer.encode('héllo')) === 'héllo'
 */
export class BPETokenizer implements Tokenizer {
  /** Pairs of tokens that are joined, in order: merge k makes token 256 + k. */
  readonly merges: readonly (readonly [number, number])[]
  readonly specials: readonly string[]
  readonly #ranks = new Map<string, number>()
  /** The bytes of each token. */
  readonly #bytes: Uint8Array[]
  readonly #cache = new Map<string, readonly number[]>()

  /** @throws DataError where a merge joins what is not there yet */
  constructor(merges: readonly (readonly [number, number])[], specials: readonly string[] = []) {
    this.merges = merges
    this.specials = specials
    this.#bytes = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b))
    merges.forEach(([a, b], k) => {
      if (!(a >= 0 && b >= 0 && a < 256 + k && b < 256 + k))
        throw new DataError(`BPETokenizer: merge ${k} joins ${a} and ${b}: there are ${256 + k} tokens yet`)
      this.#ranks.set(`${a} ${b}`, k)
      this.#bytes.push(Uint8Array.of(...this.#bytes[a], ...this.#bytes[b]))
    })
  }

  /** Learns merges: again and again the most frequent pair is joined. */
  static train(texts: Iterable<string>, options: BPEOptions): BPETokenizer {
    checkOptions('BPETokenizer.train', options, { vocabSize: true, minCount: true, specials: true })
    const { vocabSize, minCount = 2, specials = [] } = options
    const wanted = vocabSize - 256 - specials.length
    if (!Number.isInteger(vocabSize) || wanted < 0)
      throw new DataError(
        `BPETokenizer.train: vocabSize is ${vocabSize}: 256 bytes and ${specials.length} special tokens are in it`,
      )
    const counts = new Map<string, number>()
    for (const text of texts)
      for (const piece of piecesOf(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
    const encoder = new TextEncoder()
    const found = [...counts].map(([piece, count]) => ({ ids: [...encoder.encode(piece)], count }))
    return new BPETokenizer(learnMerges(found, wanted, minCount), specials)
  }

  get size(): number { return this.#bytes.length + this.specials.length }
  /** The number of a special token. */
  special(token: string): number {
    const at = this.specials.indexOf(token)
    if (at < 0)
      throw new DataError(`BPETokenizer: '${token}' is none of its special tokens: ${this.specials.join(', ')}`)
    return this.#bytes.length + at
  }

  encode(text: string): number[] {
    const out: number[] = []
    const encoder = new TextEncoder()
    for (const piece of piecesOf(text)) {
      let ids = this.#cache.get(piece)
      if (!ids) {
        ids = this.#joined([...encoder.encode(piece)])
        // a bound: texts without end have pieces without end
        if (this.#cache.size > 50_000) this.#cache.clear()
        this.#cache.set(piece, ids)
      }
      for (const id of ids) out.push(id)
    }
    return out
  }
  /** The earliest merge first, wherever it applies. */
  #joined(ids: number[]): number[] {
    let now = ids
    for (;;) {
      let best = Infinity
      for (let i = 0; i + 1 < now.length; i++)
        best = Math.min(best, this.#ranks.get(`${now[i]} ${now[i + 1]}`) ?? Infinity)
      if (best === Infinity) return now
      const [a, b] = this.merges[best]
      const next: number[] = []
      for (let i = 0; i < now.length; i++) {
        if (now[i] === a && now[i + 1] === b) {
          next.push(256 + best)
          i++
        } else {
          next.push(now[i])
        }
      }
      now = next
    }
  }

  /** What is no whole character (a text cut within one) becomes U+FFFD. */
  decode(ids: Iterable<number>): string {
    const bytes: number[] = []
    const encoder = new TextEncoder()
    for (const id of ids) {
      const found = this.#bytes[id] ?? (this.specials[id - this.#bytes.length] === undefined
        ? undefined : encoder.encode(this.specials[id - this.#bytes.length]))
      if (!found) throw new DataError(`BPETokenizer.decode: there is no token ${id}: there are ${this.size}`)
      bytes.push(...found)
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
  }

  /** The content of a `tokenizer.json`, which Hugging Face's libraries read. */
  toTokenizerJSON(): object {
    const name = (id: number): string => Array.from(this.#bytes[id], b => letters()[b]).join('')
    const added = this.specials.map((content, i) => ({
      id: this.#bytes.length + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }))
    return {
      version: '1.0', truncation: null, padding: null, added_tokens: added, normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null, decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        vocab: Object.fromEntries([
          ...this.#bytes.map((_, id) => [name(id), id]),
          ...added.map(a => [a.content, a.id]),
        ]),
        merges: this.merges.map(([a, b]) => [name(a), name(b)]),
      },
    }
  }
  stateDict(): FittedState { return { bpe: jsonTensor({ merges: this.merges, specials: this.specials }) } }
  static fromStateDict(state: Readonly<Record<string, Tensor>>): BPETokenizer {
    const { merges, specials } = jsonOf<{ merges: [number, number][]; specials: string[] }>(
      'BPETokenizer',
      state,
      'bpe',
    )
    return new BPETokenizer(merges, specials)
  }
}
