/** @file Tokenizers from `tokenizer.json`, through Hugging Face's library, which is loaded when it is needed. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { data, DataError } from 'diffeo'

type Library = typeof import('@huggingface/tokenizers')

async function load(): Promise<Library> {
  try {
    return await import('@huggingface/tokenizers')
  } catch (error) {
    throw new DataError(
      `tokenizer.json is read by the package @huggingface/tokenizers, which cannot be loaded here (${(error as Error).message.split('\n')[0]}): npm install @huggingface/tokenizers`,
      { cause: error },
    )
  }
}

/** Any object of a JSON file. */
async function jsonObject(path: string, missing?: object): Promise<object> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (missing && (error as { code?: string }).code === 'ENOENT') return missing
    throw new DataError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  const text = data.decodeUtf8(bytes, path)
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === 'object' && found !== null) return found
  } catch (error) {
    throw new data.FormatError(path, 0, `no JSON: ${(error as Error).message}`, { cause: error })
  }
  throw new data.FormatError(path, 0, 'expected a JSON object')
}

export interface EncodedText {
  readonly ids: number[]
  readonly tokens: string[]
  /** 1 for each token; padding, where sequences are brought to one length, is 0. */
  readonly attentionMask: number[]
}
/** A tokenizer that was trained elsewhere. */
export interface LoadedTokenizer {
  encode(text: string, options?: { pair?: string; addSpecialTokens?: boolean }): EncodedText
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string
  /** The number of a token, a special one too; undefined: it has none. */
  tokenToId(token: string): number | undefined
}

/**
 * The tokenizer of a `tokenizer.json`, or of a folder that holds one (with `tokenizer_config.json`, if it is there).
 * @throws DataError where the library is not installed, FormatError where the file is no tokenizer
 * @example const tokenizer = await text.loadTokenizer('models/bert'); tokenizer.encode('hello').ids
 */
export async function loadTokenizer(path: string): Promise<LoadedTokenizer> {
  const { Tokenizer } = await load()
  const isFile = path.endsWith('.json')
  const file = isFile ? path : join(path, 'tokenizer.json')
  const content = await jsonObject(file)
  const config = await jsonObject(join(isFile ? join(path, '..') : path, 'tokenizer_config.json'), {})
  let tokenizer: InstanceType<Library['Tokenizer']>
  try {
    tokenizer = new Tokenizer(content, config)
  } catch (error) {
    throw new data.FormatError(file, 0, `no tokenizer: ${(error as Error).message}`, { cause: error })
  }
  return {
    encode(text, { pair, addSpecialTokens = true } = {}) {
      const found = tokenizer.encode(text, { text_pair: pair ?? null, add_special_tokens: addSpecialTokens })
      return { ids: found.ids, tokens: found.tokens, attentionMask: found.attention_mask }
    },
    decode: (ids, { skipSpecialTokens = true } = {}) =>
      tokenizer.decode([...ids], { skip_special_tokens: skipSpecialTokens }),
    tokenToId: token => tokenizer.token_to_id(token),
  }
}
