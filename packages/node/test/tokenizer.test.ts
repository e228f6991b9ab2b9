import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { data } from 'diffeo'
import { loadTokenizer } from '../src/text/tokenizer.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})

test("what our BPE writes as tokenizer.json, Hugging Face's library encodes alike", async () => {
  const texts = [
    'The quick brown fox — jumps over the lazy dog, twice!',
    "isn't it 2026?  yes\n\nstraße 日本語 😀",
    'the the then them',
  ]
  const ours = data.BPETokenizer.train(
    texts.flatMap(t => [t, t]),
    { vocabSize: 320, specials: ['<|end|>'] },
  )
  await mkdir(join(folder, 'model'))
  await writeFile(join(folder, 'model/tokenizer.json'), JSON.stringify(ours.toTokenizerJSON()))
  for (const path of ['model', 'model/tokenizer.json']) {
    const theirs = await loadTokenizer(join(folder, path))
    for (const text of [...texts, 'other words: Ωmega, naïve', ' leading', 'a\tb']) {
      const { ids, attentionMask } = theirs.encode(text)
      expect(ids).toEqual(ours.encode(text))
      expect(attentionMask).toEqual(ids.map(() => 1))
      expect(theirs.decode(ids)).toBe(text)
    }
    expect(theirs.tokenToId('<|end|>')).toBe(ours.special('<|end|>'))
    expect(theirs.encode('the<|end|>').ids.at(-1)).toBe(ours.special('<|end|>'))
  }
})

test('errors', async () => {
  await expect(loadTokenizer(join(folder, 'no'))).rejects.toThrow(/tokenizer\.json cannot be read: ENOENT/)
  const put = async (text: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, 'bad.json'), text)
    return join(folder, 'bad.json')
  }
  await expect(loadTokenizer(await put('{'))).rejects.toThrow(/bad\.json: byte 0: no JSON/)
  await expect(loadTokenizer(await put('{}'))).rejects.toThrow(/bad\.json: byte 0: no tokenizer/)
  await expect(loadTokenizer(await put(Uint8Array.of(123, 255)))).rejects.toThrow(
    /bad\.json: byte 1: this is not UTF-8/,
  )
})
