import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { randn, tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const texts = ['The cat sat on the mat.', "It's the cat's mat — isn't it?", 'the the THE']

describe('Vocabulary', () => {
  const vocabulary = data.Vocabulary.build([['b', 'a', 'b'], ['c', 'a', 'b']], { maxSize: 4 })
  test('the most frequent first, special ones before, unknown ones known', () => {
    expect(vocabulary.tokens).toEqual(['<pad>', '<unk>', 'b', 'a'])
    expect(vocabulary.encode(['a', 'c', 'b'])).toEqual([3, 1, 2])
    expect(vocabulary.decode([3, 1])).toEqual(['a', '<unk>'])
    expect(data.Vocabulary.fromStateDict(vocabulary.stateDict())).toEqual(vocabulary)
    expect(data.Vocabulary.build([['x', 'y', 'x']], { minCount: 2, specials: [] }).tokens).toEqual(['x'])
  })
  test('errors', () => {
    expect(() => new data.Vocabulary(['a']).id('b')).toThrow("'b' is none of its 1 tokens")
    expect(() => vocabulary.decode([9])).toThrow('there is no token 9')
    expect(() => new data.Vocabulary(['a', 'a'])).toThrow('stands twice')
    expect(() => data.Vocabulary.fromStateDict({})).toThrow("the state has no 'vocabulary'")
    expect(() => data.Vocabulary.fromStateDict({ vocabulary: tensor([1, 2]) })).toThrow(DataError)
  })
})

test('padding: either side, cut, with masks', () => {
  const { ids, mask, lengths } = data.padSequences([[1, 2, 3], [], [4]])
  expect([...ids.data]).toEqual([1, 2, 3, 0, 0, 0, 4, 0, 0])
  expect([[...mask.data], mask.dtype, [...lengths.data]]).toEqual([[1, 1, 1, 0, 0, 0, 1, 0, 0], 'bool', [3, 0, 1]])
  expect([...data.padSequences([[1, 2, 3], [4]], { length: 2, side: 'left', value: -1 }).ids.data]).toEqual([
    2, 3, -1, 4,
  ])
  expect([...data.padSequences([[1, 2, 3]], { length: 2 }).ids.data]).toEqual([1, 2])
})

describe('word and character tokenizers', () => {
  test('words', () => {
    const tokenizer = data.WordTokenizer.train(texts)
    expect(tokenizer.tokens(texts[1])).toEqual(["it's", 'the', "cat's", 'mat', '—', "isn't", 'it', '?'])
    expect(tokenizer.decode(tokenizer.encode('The mat, sat'))).toBe('the mat <unk> sat')
    expect(tokenizer.vocabulary.tokens[2]).toBe('the')
    const again = data.WordTokenizer.fromStateDict(tokenizer.stateDict())
    expect(texts.map(t => again.encode(t))).toEqual(texts.map(t => tokenizer.encode(t)))
    expect(data.WordTokenizer.train(['A b'], { lowercase: false, pattern: /\S/ }).tokens('A b')).toEqual(['A', 'b'])
  })
  test('characters', () => {
    const tokenizer = data.CharTokenizer.train(texts)
    for (const text of texts) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    expect(() => tokenizer.encode('ß')).toThrow("'ß' is none of its")
    expect(data.CharTokenizer.fromStateDict(tokenizer.stateDict()).encode('cat')).toEqual(tokenizer.encode('cat'))
  })
})

describe('byte-pair encoding', () => {
  const random = new data.Random(3)
  const syllables = ['ba', 'na', 'ko', 'ti', 'é', 'straße', ' 日本', '😀', "n't", '12', '!', '\n\n', '  ']
  const text = (n: number): string =>
    Array.from({ length: n }, () => syllables[random.integer(syllables.length)] + (random.chance(0.4) ? ' ' : '')).join(
      '',
    )
  const corpus = Array.from({ length: 30 }, () => text(40))
  const tokenizer = data.BPETokenizer.train(corpus, { vocabSize: 330, specials: ['<|endoftext|>'] })

  test('the merges are those of counting all pairs anew each time', () => {
    const pieces = corpus
      .flatMap(t => t.match(/'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu) ?? [])
      .map(p => [...new TextEncoder().encode(p)])
    const merges: number[][] = []
    while (merges.length < 330 - 257) {
      const counts = new Map<string, number>()
      for (const p of pieces)
        for (let i = 0; i + 1 < p.length; i++)
          counts.set(`${p[i]},${p[i + 1]}`, (counts.get(`${p[i]},${p[i + 1]}`) ?? 0) + 1)
      const [best, count] = [...counts]
        .map(([k, n]) => [k.split(',').map(Number), n] as const)
        .reduce((x, y) => (y[1] > x[1] || (y[1] === x[1] && (y[0][0] - x[0][0] || y[0][1] - x[0][1]) < 0) ? y : x))
      if (count < 2) break
      merges.push(best)
      for (const p of pieces) for (let i = 0; i + 1 < p.length; i++)
        if (p[i] === best[0] && p[i + 1] === best[1]) p.splice(i, 2, 255 + merges.length)
    }
    expect(tokenizer.merges).toEqual(merges)
    expect(tokenizer.size).toBe(256 + merges.length + 1)
  })
  test('any text comes back; fewer tokens than bytes', () => {
    for (let i = 0; i < 20; i++) {
      const t = text(30)
      expect(tokenizer.decode(tokenizer.encode(t))).toBe(t)
      expect(tokenizer.encode(t).length).toBeLessThan(new TextEncoder().encode(t).length)
    }
    for (const t of ['', '\uFEFFx', '\u0000', 'Ω≈ç√', '<|endoftext|>'])
      expect(tokenizer.decode(tokenizer.encode(t))).toBe(t)
    expect(tokenizer.decode([tokenizer.special('<|endoftext|>')])).toBe('<|endoftext|>')
    expect(data.BPETokenizer.fromStateDict(tokenizer.stateDict()).encode(corpus[0])).toEqual(
      tokenizer.encode(corpus[0]),
    )
  })
  test('errors', () => {
    expect(() => data.BPETokenizer.train([], { vocabSize: 200 })).toThrow('256 bytes and 0 special tokens are in it')
    expect(() => new data.BPETokenizer([[0, 256]])).toThrow('merge 0 joins 0 and 256: there are 256 tokens yet')
    expect(() => tokenizer.decode([5000])).toThrow('there is no token 5000')
    expect(() => tokenizer.special('x')).toThrow("'x' is none of its special tokens: <|endoftext|>")
  })
})

describe('encoders and imputers', () => {
  test('classes there and back; unknown ones', () => {
    const encoder = new data.LabelEncoder().fit(['b', 'a', null, 'b', 3])
    expect(encoder.classes).toEqual([3, 'a', 'b', null])
    expect(encoder.inverseTransform(encoder.transform([null, 'a']))).toEqual([null, 'a'])
    expect(() => encoder.transform(['B'])).toThrow(
      "'B' was not seen by fit, which saw '3', 'a', 'b', null: did you mean 'b'?",
    )
    const again = new data.LabelEncoder()
    expect(() => again.transform(['a'])).toThrow('nothing was fitted')
    again.loadStateDict(encoder.stateDict())
    expect([...again.transform(['b'])]).toEqual([2])
  })
  test('categories of columns', () => {
    const table = data.parseCsv('city,n\nRome,1\nOslo,2\nRome,1\n')
    const encoder = new data.OneHotEncoder().fit(table)
    expect(encoder.featureNames).toEqual(['city=Oslo', 'city=Rome', 'n=1', 'n=2'])
    expect([...encoder.transform(table.rows([1])).data]).toEqual([1, 0, 0, 1])
    expect(() => encoder.transform(table.drop(['n']))).toThrow('the columns are city, fitted were city, n')
    expect(() => encoder.transform(data.Table.fromRows([{ city: 'Rom', n: 1 }]))).toThrow(
      "column 'city': 'Rom' was not seen",
    )
    const ordinal = new data.OrdinalEncoder({ handleUnknown: 'ignore' }).fit(['x', 'y'])
    const again = new data.OrdinalEncoder({ handleUnknown: 'ignore' })
    again.loadStateDict(ordinal.stateDict())
    expect([...again.transform(['y', 'z', 'x']).data]).toEqual([1, 2, 0])
  })
  test('imputer errors', () => {
    expect(() => new data.SimpleImputer().fit(tensor([[NaN], [NaN]]))).toThrow('feature 0 has no value in 2 examples')
    expect(() => new data.SimpleImputer().transform(tensor([[1]]))).toThrow('nothing was fitted')
    expect(() => new data.SimpleImputer({ strategy: 'mode' as 'mean' })).toThrow(
      'expected mean, median, constant, mostFrequent',
    )
  })
})

describe('WindowDataset', () => {
  const series = { data: Float32Array.from({ length: 20 }, (_, i) => i), shape: [10, 2] }
  test('what was and what comes next', () => {
    const set = new data.WindowDataset(series, { size: 3, horizon: 2, stride: 2, gap: 1, targets: [1] })
    expect(set.length).toBe(3)
    const [x, y] = set.get(1)
    expect([[...x.data], x.shape, [...y.data], y.shape]).toEqual([[4, 5, 6, 7, 8, 9], [3, 2], [13, 15], [2, 1]])
    const one = new data.WindowDataset({ data: Int32Array.of(1, 2, 3), shape: [3] }, { size: 2 })
    expect([one.length, [...one.get(0)[1].data]]).toEqual([1, [3]])
  })
  test('errors', () => {
    expect(() => new data.WindowDataset(series, { size: 10 })).toThrow('10 steps are fewer than a window of 10')
    expect(() => new data.WindowDataset(series, { size: 2, targets: [2] })).toThrow('there are 2 features')
    expect(() => new data.WindowDataset(series, { size: 0 })).toThrow('size is 0')
  })
})

describe('sound', () => {
  const { transforms: t, Random } = data
  test('batches and single sounds alike', () => {
    const x = randn([2, 3, 800])
    const all = t.melSpectrogram(x, { nFft: 64, nMels: 8 })
    expect(all.shape).toEqual([2, 3, 8, 26])
    const one = t.melSpectrogram(x.index(1, 2), { nFft: 64, nMels: 8 })
    expect(all.index(1, 2).allClose(one, { atol: 1e-4 }).itemSync()).toBe(1)
  })
  test('a tone is where its frequency is', () => {
    const tone = tensor(Float32Array.from({ length: 4000 }, (_, i) => Math.sin(2 * Math.PI * 1000 * i / 8000)))
    expect(t.spectrogram(tone, { nFft: 400, power: 1 }).mean(1).argmax().itemSync()).toBe(50)
  })
  test.each([
    // torchaudio 2.11's resample, in float64: first, last and how many
    [3, 2, {}, [0.8590062533, 1.4769183902, 1.7318267373], -1.0069506871, 40],
    [2, 3, {}, [0.9957835305, 1.2753193195, 1.3465911305], -0.496889686, 90],
    [16000, 22050, {}, [0.9957835305, 1.2806834942, 1.3755448468], -0.3380766683, 83],
    [44100, 16000, {}, [0.7618101702, 1.7698443194, 1.6399892147], -0.9674585311, 22],
    [3, 2, { width: 16, rolloff: 0.9 }, [0.8355245859, 1.5007732146, 1.7097716120], undefined, 40],
  ])('another rate, from %d to %d', (from, to, options, first, last, count) => {
    const samples = Float64Array.from({ length: 60 }, (_, i) => Math.sin(0.3 * i) + Math.cos(1.1 * i * i / 40))
    const x = tensor(samples, { dtype: 'float64' })
    const made = [...t.resample(x, from, to, options).dataSync()]
    expect(made).toHaveLength(count)
    first.forEach((v, i) => expect(made[i]).toBeCloseTo(v, 9))
    if (last !== undefined) expect(made.at(-1)).toBeCloseTo(last, 9)
    const both = t.resample(x.reshape(1, 1, 60).expand([2, 3, 60]), from, to, options)
    expect(both.shape).toEqual([2, 3, count])
    expect([...both.index(1, 2).dataSync()]).toEqual(made)
  })
  test('a rate that stays, rates that are none', () => {
    const x = randn([2, 30])
    expect(t.resample(x, 8000, 8000)).toBe(x)
    expect(() => t.resample(x, 8000, 0.5)).toThrow('from 8000 to 0.5, width 6: expected whole numbers')
    expect(() => t.resample(x, 2, 1, { rolloff: 2 })).toThrow('rolloff is 2')
    expect(() => t.resample(randn([2, 0]), 2, 1)).toThrow('expected [..., samples]')
  })
  test('SpecAugment blanks bands and spans, by its random numbers alone', () => {
    const x = randn([3, 20, 40]).abs().add(1)
    const made = t.specAugment(x, new Random(1), { frequencyMasks: 1, timeMasks: 1, frequencyWidth: 6, timeWidth: 9 })
    expect(
      made.equal(t.specAugment(x, new Random(1), { frequencyMasks: 1, timeMasks: 1, frequencyWidth: 6, timeWidth: 9 })),
    ).toBeTruthy()
    const hidden = made.eq(0).arraySync<boolean[][][]>()
    for (const example of hidden) {
      const rows = example.filter(r => r.every(Boolean)).length
      const columns = example[0].map((_, c) => example.every(r => r[c])).filter(Boolean).length
      expect(rows).toBeLessThanOrEqual(6)
      expect(columns).toBeLessThanOrEqual(9)
      const count = example.flat().filter(Boolean).length
      expect(count).toBe(rows * 40 + columns * 20 - rows * columns)
    }
  })
  test('errors', () => {
    expect(() => t.melFilters(10, { fMin: 5000, fMax: 4000 })).toThrow('from 5000 to 4000 Hz')
    expect(() => t.mfcc(randn([800]), { nFft: 64, nMels: 8, nMfcc: 9 })).toThrow('from 1 to the 8 mels')
    expect(() => t.melSpectrogram(randn([800]), { nMel: 8 } as object)).toThrow("did you mean 'nMels'?")
  })
})
