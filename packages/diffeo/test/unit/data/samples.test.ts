/** @file Samples as data sets hold them: boxes in several forms, masks of each box, sounds. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { perspectiveWarp } from '../../../src/data/transforms/perspective.ts'
import { geometric } from '../../../src/data/transforms/warp.ts'
import { slice, tensor, Tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const { transforms: t, Random } = data
const image: data.NdArray<Uint8Array> = { data: Uint8Array.from({ length: 24 }, (_, i) => i), shape: [1, 4, 6] }
/** What TypeScript would refuse. */
const js = (x: unknown): any => x

describe('boxes', () => {
  const rows = [[0, 0, 2, 2], [4, 1, 6, 3]]
  test('rows, tensors and arrays with a shape, each given back as what it was', () => {
    const flip = t.horizontalFlip()
    const wanted = [[4, 0, 6, 2], [0, 1, 2, 3]]
    const plain = flip({ image, boxes: rows, labels: [7, 8] })
    expect([plain.boxes, plain.labels]).toEqual([wanted, [7, 8]])
    const tensors = flip({ image, boxes: tensor(rows), labels: tensor(Int32Array.of(7, 8)) })
    expect(tensors.boxes).toBeInstanceOf(Tensor)
    expect([tensors.boxes.arraySync(), tensors.labels.dtype]).toEqual([wanted, 'int32'])
    const arrays = flip({ image, boxes: { data: Float64Array.from(rows.flat()), shape: [2, 4] } })
    expect([[...arrays.boxes.data], arrays.boxes.shape]).toEqual([wanted.flat(), [2, 4]])
  })
  test('one that leaves the image goes, with its label and its mask, in each form', () => {
    const masks = { data: Uint8Array.from({ length: 48 }, (_, i) => i), shape: [2, 4, 6] }
    const crop = t.centerCrop([4, 2])
    const far = [[0, 0, 2, 2], [3, 1, 6, 3]]
    for (const [boxes, labels] of [
      [far, [7, 8]], [tensor(far), Int32Array.of(7, 8)],
      [{ data: Float32Array.from(far.flat()), shape: [2, 4] }, tensor([7, 8])],
    ]) {
      const made = crop({ image, boxes, labels, masks, name: 'x' }) as any
      const values = made.boxes.arraySync?.() ?? made.boxes.data ?? made.boxes
      expect([...values].flat()).toEqual([1, 1, 2, 3])
      expect([...made.labels.dataSync?.() ?? made.labels]).toEqual([8])
      expect([made.masks.shape, [...made.masks.data]]).toEqual([[1, 4, 2], [26, 27, 32, 33, 38, 39, 44, 45]])
      expect(made.name).toBe('x')
    }
    const none = crop({ image, boxes: [] as number[][], labels: [] as number[] })
    expect([none.boxes, none.labels]).toEqual([[], []])
  })
  test('masks alone; a target beside the image in a tuple', () => {
    const masks = { data: Uint8Array.from({ length: 48 }, (_, i) => i), shape: [2, 4, 6] }
    expect(t.resize([2, 3])({ image, masks }).masks.shape).toEqual([2, 2, 3])
    const [moved, target, id] = t.compose(t.horizontalFlip(), t.rescale())([image, { boxes: rows, labels: [1, 2] }, 5])
    expect([js(moved).data[0], js(target).boxes, js(target).labels, id]).toEqual([
      expect.closeTo(5 / 255), [[4, 0, 6, 2], [0, 1, 2, 3]], [1, 2], 5,
    ])
  })
  const flip = (sample: object) => () => t.horizontalFlip()({ image, ...sample })
  const bad: [string, () => unknown, string][] = [
    ['one box', flip({ boxes: [0, 0, 1, 1] }), 'the boxes are an array whose rows are not four numbers each'],
    ['a shape', flip({ boxes: { data: new Float32Array(8), shape: [8] } }), 'the boxes are [8]: expected [n, 4]'],
    ['a tensor of a shape', flip({ boxes: tensor([[1, 2], [3, 4]]) }), 'the boxes are [2,2]'],
    ['a text', flip({ boxes: 'x' }), "the boxes are the text 'x'"],
    ['typed without shape', flip({ boxes: new Float32Array(4) }), 'the boxes are a Float32Array'],
    ['labels', flip({ boxes: rows, labels: [1] }), 'horizontalFlip: labels has 1 entries for 2 boxes'],
    ['one label', flip({ boxes: rows, labels: 4 }), 'labels is 4: expected an entry for each of 2 boxes'],
    ['masks', flip({ boxes: rows, masks: { data: new Uint8Array(24), shape: [1, 4, 6] } }), 'masks has 1 entries'],
    ['the size of masks', flip({ masks: { data: new Uint8Array(9), shape: [1, 3, 3] } }), 'the masks is [1,3,3]'],
    ['a mask of rows', flip({ mask: [[1]] }), 'the mask is an array: expected { data: Uint8Array or Int32Array'],
  ]
  test.each(bad)('error: %s', (_, call, message) => {
    expect(call).toThrow(DataError)
    expect(call).toThrow(message)
  })
})

describe('perspective', () => {
  const gradient: data.NdArray<Float32Array> = {
    data: Float32Array.from({ length: 2 * 40 * 60 }, (_, i) => (i < 2400 ? i % 60 : Math.floor((i - 2400) / 60)) + 0.5),
    shape: [2, 40, 60],
  }
  const corners = [[0, 0], [60, 0], [60, 40], [0, 40]] as const
  test('four places come from four others, lines stay lines, boxes and masks go along', () => {
    const places = [[10, 5], [50, 2], [58, 35], [4, 30]] as const
    const warp = perspectiveWarp(40, 60, places, corners)
    const [a, b, c, d, e, f] = warp.matrix
    const at = ([x, y]: readonly [number, number]): number[] => {
      const z = warp.tilt![0] * x + warp.tilt![1] * y + 1
      return [(a * x + b * y + c) / z, (d * x + e * y + f) / z]
    }
    for (const [i, corner] of corners.entries())
      at(places[i]).forEach((v, k) => expect(v).toBeCloseTo(corner[k], 9))
    const box = [20, 10, 40, 30]
    const mask = {
      data: Uint8Array.from({ length: 2400 }, (_, i) => Number(i % 60 >= 20 && i % 60 < 40 && i >= 600 && i < 1800)),
      shape: [40, 60],
    }
    const made = geometric('test', () => warp)({ image: gradient, mask, boxes: [box] })
    // each pixel of the result shows where it comes from
    for (const [x, y] of [[30, 15], [20, 20], [45, 25]]) {
      const [u, v] = at([x + 0.5, y + 0.5])
      expect(made.image.data[y * 60 + x]).toBeCloseTo(u, 4)
      expect(made.image.data[2400 + y * 60 + x]).toBeCloseTo(v, 4)
    }
    const [left, top, right, bottom] = made.boxes[0]
    const marked = [...made.mask.data.keys()].filter(i => made.mask.data[i] === 1)
    const [xs, ys] = [marked.map(i => i % 60), marked.map(i => Math.floor(i / 60))]
    // the pixels' own width aside, the box is that of the mask
    for (const [edge, found] of [[left, Math.min(...xs)], [top, Math.min(...ys)], [right, Math.max(...xs) + 1],
      [bottom, Math.max(...ys) + 1]]) expect(Math.abs(edge - found)).toBeLessThan(1)
  })
  test('at random: never or always, as far as it may', () => {
    expect(t.randomPerspective({ p: 0 })(image)).toBe(image)
    const still = t.randomPerspective({ p: 1, distortion: 0 })(gradient).data
    gradient.data.forEach((v, i) => expect(still[i]).toBeCloseTo(v, 4))
    const seen = Array.from({ length: 20 }, (_, i) =>
      t.randomPerspective({ p: 1 })({ image: gradient, boxes: [[0, 0, 60, 40]] }, new Random(3, i)).boxes[0])
    for (const [left, top, right, bottom] of seen) {
      expect(Math.max(left, 60 - right)).toBeLessThanOrEqual(15)
      expect(Math.max(top, 40 - bottom)).toBeLessThanOrEqual(10)
    }
    expect(new Set(seen.map(String)).size).toBe(20)
    expect(() => t.randomPerspective({ distortion: 1 })).toThrow('distortion is 1: expected 0 to below 1')
  })
})

describe('steps', () => {
  test('in arrays, as in torchvision', () => {
    const one = t.compose([t.horizontalFlip(), t.rescale()])(image)
    expect(one).toEqual(t.compose(t.horizontalFlip(), t.rescale())(image))
    expect(t.randomChoice([t.horizontalFlip()])(image)).toEqual(t.horizontalFlip()(image))
    expect(t.randomApply([t.horizontalFlip(), t.rescale()], 1)(image)).toEqual(one)
    expect(t.randomApply([t.horizontalFlip()], 0)(image)).toBe(image)
  })
  const bad: [string, () => unknown, string][] = [
    ['no transform', () => t.compose(t.rescale(), js(5)), 'compose: step 1 is 5: expected a transform'],
    ['none at all', () => t.randomChoice(), 'there are no transforms'],
    ['p in an object', () => t.randomHorizontalFlip(js({ p: 0.3 })), 'as a number: (0.5), not ({ p: 0.5 })'],
    ['p of apply', () => t.randomApply(t.rescale(), 2), 'randomApply: p is 2: expected a probability, from 0 to 1'],
  ]
  test.each(bad)('error: %s', (_, call, message) => expect(call).toThrow(message))
})

describe('sounds as transforms', () => {
  const sound: data.Audio = {
    data: Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i * (1 + (i % 800) / 500))), shape: [2, 800],
    sampleRate: 8000,
  }
  const form = { nFft: 64, hopLength: 32 }
  const x = tensor(sound.data, { shape: sound.shape })
  const close = (made: data.NdArray, wanted: Tensor): void => {
    expect(made.shape).toEqual(wanted.shape)
    expect(tensor(made).allClose(wanted, { atol: 1e-4 }).itemSync()).toBe(1)
  }
  test('the same as of tensors: of a sound, of what is first in a tuple, in a data set', async () => {
    close(t.spectrogram(sound, form), t.spectrogram(x, form))
    close(t.spectrogram(form)(sound), t.spectrogram(x, form))
    // the sound's own rate is taken
    const mel = t.melSpectrogram(x, { ...form, nMels: 8, sampleRate: 8000 })
    close(t.melSpectrogram(sound, { ...form, nMels: 8 }), mel)
    close(
      t.amplitudeToDB(t.melSpectrogram(sound, { ...form, nMels: 8 }), { topDb: 60 }),
      t.amplitudeToDB(mel, { topDb: 60 }),
    )
    close(t.mfcc({ ...form, nMels: 8, nMfcc: 4 })(sound), t.mfcc(x, { ...form, nMels: 8, nMfcc: 4, sampleRate: 8000 }))
    const set = new data.TransformDataset([[sound, 3]] as [data.Audio, number][], t.compose(
      t.melSpectrogram({ ...form, nMels: 8 }), t.amplitudeToDB(), t.specAugment({ frequencyMasks: 0, timeWidth: 4 }),
    ), { seed: 5 })
    const [made, label] = await set.get(0, 2)
    expectTypeOf(label).toEqualTypeOf<number>()
    const random = new Random(5, 2, 0)
    close(made, t.specAugment(t.amplitudeToDB(mel), random, { frequencyMasks: 0, timeWidth: 4 }))
    expect(label).toBe(3)
    for await (const [xs, y] of new data.DataLoader(set, { labels: 'int32' }))
      expect([xs.shape, y.dtype]).toEqual([[1, 2, 8, 26], 'int32'])
  })
  test('at another rate, of another length', () => {
    const [low, name] = t.resample(4000)([sound, 'a'] as const)
    close(low, t.resample(x, 8000, 4000))
    expect([js(low).sampleRate, name]).toEqual([4000, 'a'])
    const long = t.compose(t.resample(4000), t.fixLength(500))(sound)
    expect([long.shape, js(long).sampleRate, [...long.data.subarray(400, 500)]]).toEqual(
      [[2, 500], 4000, Array(100).fill(0)])
    close(t.fixLength(300)(sound), x.index('...', slice(0, 300)))
  })
  test('a batch of random sounds is blanked alike however it comes', () => {
    const mel = t.melSpectrogram(sound, { ...form, nMels: 8 })
    close(t.specAugment(mel, new Random(1)), t.specAugment(tensor(mel), new Random(1)))
    close(t.specAugment()(mel, new Random(1)), t.specAugment(tensor(mel), new Random(1)))
  })
  const bad: [string, () => unknown, string][] = [
    [
      'a rate that differs',
      () => t.melSpectrogram(sound, { sampleRate: 16000 }),
      'the sound has 8000 samples a second',
    ],
    ['an option', () => t.melSpectrogram(js({ nMel: 8 })), "did you mean 'nMels'?"],
    ['an option of mfcc', () => t.mfcc(js({ nMel: 8 })), "did you mean 'nMels'?"],
    ['samples without shape', () => t.spectrogram(js(sound.data)), 'got a Float32Array: expected a tensor, a sound'],
    ['a Promise', () => t.mfcc(js(Promise.resolve(sound))), 'got a Promise'],
    ['an image sample', () => t.spectrogram()(js({ image })), 'the sample is an object: a sound is { data, shape'],
    ['no random numbers', () => t.specAugment(x, js({ timeMasks: 1 })), 'random is an object: expected its random'],
    ['no rate', () => t.resample(8000)({ data: sound.data, shape: [2, 800] }), 'does not say its sampleRate'],
    ['a rate of none', () => js(t.resample)(sound, 8000), 'got an object: expected (x, from, to) of a tensor'],
    ['a length', () => t.fixLength(0), 'samples is 0'],
  ]
  test.each(bad)('error: %s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})
