import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as metrics from '../../../src/metrics/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const after = <R>(metric: metrics.TextMetric<R>, predictions: metrics.Texts, references: metrics.References) => {
  metric.update(predictions, references)
  return metric.compute()
}
const all = (): metrics.TextMetric<unknown>[] => [
  new metrics.BLEU(), new metrics.ChrF(), new metrics.RougeN(), new metrics.RougeL(), new metrics.WordErrorRate(),
  new metrics.CharacterErrorRate(),
]

describe('error rates', () => {
  test('the examples of the field', async () => {
    expect(await after(new metrics.WordErrorRate(), 'a b c', 'a x c')).toBeCloseTo(1 / 3, 12)
    expect(await after(new metrics.CharacterErrorRate(), 'kitten', 'sitting')).toBeCloseTo(3 / 7, 12)
  })
  test('empty texts', async () => {
    expect(await after(new metrics.WordErrorRate(), '', 'a b')).toBe(1)
    expect(await after(new metrics.WordErrorRate(), '', '')).toBe(0)
    expect(await after(new metrics.WordErrorRate(), 'a', ' ')).toBe(Infinity)
  })
  test('of several references the nearest; a character is a code point', async () => {
    expect(await after(new metrics.WordErrorRate(), ['a b'], [['c d', 'a b']])).toBe(0)
    expect(await after(new metrics.CharacterErrorRate(), '😀', '😁')).toBe(1)
  })
})

describe('n-grams', () => {
  test('the same text', async () => {
    const text = 'the cat sat on the mat'
    expect(await after(new metrics.BLEU(), text, text)).toBeCloseTo(1, 12)
    expect(await after(new metrics.ChrF(), text, text)).toBeCloseTo(1, 12)
    expect(await after(new metrics.RougeN({ n: 2 }), text, text)).toEqual({ precision: 1, recall: 1, f1: 1 })
  })
  test('the examples of the documentation', async () => {
    const half = await after(new metrics.RougeN({ n: 2 }), 'the cat sat', 'the cat ran')
    expect(half).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 })
    expect((await after(new metrics.RougeL(), 'the cat sat', 'the big cat')).f1).toBeCloseTo(2 / 3, 12)
  })
  test('nothing in common, and empty texts', async () => {
    for (const [prediction, reference] of [['a b', 'c d'], ['', 'a b'], ['a b', ''], ['', '']]) {
      expect(await after(new metrics.BLEU(), prediction, reference)).toBe(0)
      expect(await after(new metrics.ChrF(), prediction, reference)).toBe(0)
      expect(await after(new metrics.RougeN(), prediction, reference)).toEqual({ precision: 0, recall: 0, f1: 0 })
      expect(await after(new metrics.RougeL(), prediction, reference)).toEqual({ precision: 0, recall: 0, f1: 0 })
    }
  })
  test('too short for n: 0, smooth or not', async () => {
    expect(await after(new metrics.BLEU({ smooth: true }), 'a b', 'a b')).toBe(0)
    expect(await after(new metrics.BLEU({ n: 2 }), 'a b', 'a b')).toBe(1)
  })
  test('a tokenizer of one’s own', async () => {
    const tokenize = (text: string): string[] => Array.from(text)
    expect(await after(new metrics.BLEU({ n: 2, tokenize }), 'ab', 'ab')).toBe(1)
    expect((await after(new metrics.RougeL({ tokenize }), 'abc', 'axc')).f1).toBeCloseTo(2 / 3, 12)
  })
})

describe('errors', () => {
  test('what is no pair of texts', async () => {
    for (const metric of all()) {
      expect(() => metric.update(['a'], ['a', 'b'])).toThrow('there are 1 predictions and 2 references')
      expect(() => metric.update(['a'], [[]])).toThrow('prediction 0 has no reference')
      expect(() => metric.update([1 as never], ['a'])).toThrow('expected texts')
      expect(() => metric.update(1 as never, ['a'])).toThrow('both are texts, or arrays of texts')
      await expect(metric.compute()).rejects.toThrow('there was no text since the last reset')
      metric.update('a', 'a')
      metric.reset()
      await expect(metric.compute()).rejects.toThrow(DataError)
    }
  })
  test('options', () => {
    for (const n of [0, 1.5]) {
      expect(() => new metrics.BLEU({ n })).toThrow(`n is ${n}`)
      expect(() => new metrics.RougeN({ n })).toThrow(`n is ${n}`)
      expect(() => new metrics.ChrF({ n })).toThrow(`n is ${n}`)
    }
    expect(() => new metrics.ChrF({ beta: -1 })).toThrow('beta is -1')
    expect(() => new metrics.BLEU({ order: 2 } as never)).toThrow("BLEU: there is no option 'order'")
  })
})
