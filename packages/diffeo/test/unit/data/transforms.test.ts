import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const { transforms: t, Random } = data
const bytes = (shape: number[], f: (i: number) => number = i => i): data.NdArray<Uint8Array> =>
  ({ data: Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => f(i)), shape })
const image = bytes([1, 2, 3])
const rows = ({ data: d, shape }: data.NdArray): unknown => tensor(Float32Array.from(d), { shape }).arraySync()

describe('geometry', () => {
  test('flips, crops, padding', () => {
    expect(rows(t.horizontalFlip()(image))).toEqual([[[2, 1, 0], [5, 4, 3]]])
    expect(rows(t.verticalFlip()(image))).toEqual([[[3, 4, 5], [0, 1, 2]]])
    expect(rows(t.centerCrop([2, 1])(image))).toEqual([[[1], [4]]])
    expect(rows(t.pad(1, { fill: 9 })(image))).toEqual([
      [
        [9, 9, 9, 9, 9],
        [9, 0, 1, 2, 9],
        [9, 3, 4, 5, 9],
        [9, 9, 9, 9, 9],
      ],
    ])
    expect(rows(t.rotate(180)(image))).toEqual([
      [
        [5, 4, 3],
        [2, 1, 0],
      ],
    ])
    const square = bytes([1, 2, 2])
    expect(rows(t.rotate(90)(square))).toEqual([[[1, 3], [0, 2]]])
    expect(t.resize(4)(bytes([3, 10, 20])).shape).toEqual([3, 4, 8])
    expect(rows(t.resize([2, 3])(image))).toEqual(rows(image))
    expect(t.randomCrop(2, { padding: 1 })(image, new Random(0)).shape).toEqual([1, 2, 2])
  })
  test('a constant stays a constant when resized', () => {
    for (const size of [[1, 1], [5, 9], [50, 3]] as const)
      expect(new Set(t.resize(size)(bytes([2, 7, 11], () => 77)).data)).toEqual(new Set([77]))
  })
  test('every crop is as likely', () => {
    const seen = new Map<string, number>()
    for (let i = 0; i < 1200; i++) {
      const key = String(t.randomCrop([1, 2])(image, new Random(1, i)).data)
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual(['0,1', '1,2', '3,4', '4,5'])
    // 300 ± 4 deviations of √(1200 · ¼ · ¾)
    for (const n of seen.values()) expect(Math.abs(n - 300)).toBeLessThan(60)
  })
  test('a random part has the area and the shape that were asked for', () => {
    const gradient: data.NdArray<Float32Array> = {
      data: Float32Array.from({ length: 2 * 100 * 100 }, (_, i) =>
        i < 10000 ? i % 100 : Math.floor((i - 10000) / 100),
      ),
      shape: [2, 100, 100],
    }
    for (let i = 0; i < 30; i++) {
      const { data: d } = t.randomResizedCrop(50, { scale: [0.25, 0.5], ratio: [0.5, 2] })(gradient, new Random(2, i))
      const [width, height] = [(d[49] - d[0]) * 50 / 49, (d[4950] - d[2500]) * 50 / 49]
      expect(width * height / 1e4).toBeGreaterThan(0.2)
      expect(width * height / 1e4).toBeLessThan(0.56)
    }
  })
})

describe('boxes and masks move with the image', () => {
  /** One bright pixel, a mask of it and a box around it. */
  const sample = (): data.transforms.ImageSample => ({
    image: bytes([1, 9, 12], i => (i === 3 * 12 + 7 ? 255 : 0)),
    mask: { data: Uint8Array.from({ length: 108 }, (_, i) => Number(i === 3 * 12 + 7)), shape: [9, 12] },
    boxes: { data: Float32Array.of(7, 3, 8, 4), shape: [1, 4] }, labels: { data: Int32Array.of(5), shape: [1] },
  })
  const all: [string, data.transforms.ImageTransform][] = [
    ['horizontalFlip', t.horizontalFlip()], ['verticalFlip', t.verticalFlip()],
    ['rotate', t.rotate(180)], ['resize', t.resize([18, 36])], ['pad', t.pad(3)], ['crop', t.centerCrop([5, 9])],
    ['affine', t.affine({ translate: [2, 1] })], ['two', t.compose(t.horizontalFlip(), t.resize([27, 12]))],
    ['larger', t.affine({ scale: 3, translate: [-4, 2] })],
  ]
  test.each(all)('%s', (_, transform) => {
    const { image: made, mask, boxes, labels } = transform(sample())
    const [, h, w] = made.shape
    expect(mask!.shape).toEqual([h, w])
    const [left, top, right, bottom] = boxes!.data
    expect([...labels!.data]).toEqual([5])
    const inBox = (at: number): boolean => {
      const [y, x] = [Math.floor(at / w) + 0.5, (at % w) + 0.5]
      return x > left && x < right && y > top && y < bottom
    }
    const brightest = made.data.indexOf(Math.max(...made.data))
    expect(inBox(brightest)).toBe(true)
    const marked = Array.from(mask!.data.keys()).filter(i => mask!.data[i] === 1)
    expect(marked.length).toBeGreaterThan(0)
    expect(marked.every(inBox)).toBe(true)
    expect(marked.length).toBe(Math.round((right - left) * (bottom - top)))
  })
  test('what leaves the image is left out with its label', () => {
    const { boxes, labels } = t.centerCrop([9, 2])({
      ...sample(),
      boxes: { data: Float32Array.of(7, 3, 8, 4, 5.5, 0, 9, 9), shape: [2, 4] },
      labels: { data: Int32Array.of(5, 6), shape: [2] },
    })
    expect([[...boxes!.data], [...labels!.data]]).toEqual([[0.5, 0, 2, 9], [6]])
  })
  test('what else a sample holds stays', () => {
    expect(t.horizontalFlip()([image, 4, 'name'] as const)[1]).toBe(4)
    expect(t.rescale()({ image, name: 'x' }).name).toBe('x')
  })
})

describe('values', () => {
  test('rescale and normalize', () => {
    const { data: d } = t.compose(t.rescale(), t.normalize([0.5], [0.25]))(bytes([1, 1, 2], i => i * 255))
    expect([...d]).toEqual([-2, 2])
  })
  const colour = { data: Uint8Array.of(200, 10, 100, 10, 50, 10), shape: [3, 1, 2] }
  test('jitter of nothing changes nothing; its factors do what they say', () => {
    expect(t.colorJitter({})(colour)).toEqual(colour)
    expect(rows(t.grayscale()(colour))).toEqual([[[124, 10]], [[124, 10]], [[124, 10]]])
    const jittered = t.colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.1 })(colour, new Random(3))
    expect(jittered.data).not.toEqual(colour.data)
    const pure = { data: Float32Array.of(1, 0, 0), shape: [3, 1, 1] }
    const third = Array.from({ length: 200 }, (_, i) => t.colorJitter({ hue: 0.5 })(pure, new Random(i)).data)
    // a turn keeps the greatest and the least channel
    for (const d of third) expect([Math.max(...d), Math.min(...d)]).toEqual([1, 0])
    expect(third.some(d => d[1] > 0.9) && third.some(d => d[2] > 0.9)).toBe(true)
  })
  test('noise has its deviation; cutout its area', () => {
    const flat = { data: new Float32Array(10000).fill(0.5), shape: [1, 100, 100] }
    const noisy = t.gaussianNoise(0.1)(flat, new Random(4)).data
    const mean = noisy.reduce((a, b) => a + b) / 1e4
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004)
    expect(Math.abs(Math.sqrt(noisy.reduce((s, v) => s + (v - mean) ** 2, 0) / 1e4) - 0.1)).toBeLessThan(0.004)
    for (let i = 0; i < 10; i++) {
      const cut = t.cutout({ p: 1, scale: [0.1, 0.2] })(flat, new Random(5, i)).data.filter(v => v === 0).length / 1e4
      expect(cut).toBeGreaterThan(0.09)
      expect(cut).toBeLessThan(0.21)
    }
    expect(flat.data.includes(0)).toBe(false)
  })
  test('random augmentation keeps shape, kind and range', () => {
    for (let i = 0; i < 60; i++) {
      const made = t.randAugment({ count: 3, magnitude: 0.9 })(
        { ...colour, image: bytes([3, 6, 5], k => (k * 40) % 256) },
        new Random(6, i),
      ).image
      expect([made.shape, made.data instanceof Uint8Array]).toEqual([[3, 6, 5], true])
      const floats = t.trivialAugment()(
        { data: Float32Array.from({ length: 75 }, (_, k) => k / 75), shape: [3, 5, 5] },
        new Random(7, i),
      ).data
      expect(Math.min(...floats)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...floats)).toBeLessThanOrEqual(1)
    }
  })
})

test('the same seed and index give the same, however often and in whatever order they are drawn', () => {
  const set: data.Dataset<readonly [data.NdArray<Uint8Array>, number]> = {
    length: 8,
    get: i => [bytes([3, 9, 9], k => (k * i) % 256), i],
  }
  const augment = t.compose(
    t.randomResizedCrop(8),
    t.randomHorizontalFlip(),
    t.randomAffine({ degrees: 20, translate: [0.1, 0.1], scale: [0.8, 1.2], shear: 5 }),
    t.colorJitter({ brightness: 0.4, hue: 0.1 }),
    t.randomApply(t.gaussianNoise(0.1)),
    t.randomChoice(t.cutout(), t.randAugment()),
    t.rescale(),
  )
  const make = (): data.Dataset<readonly [data.NdArray<Uint8Array>, number]> =>
    new data.TransformDataset(set, augment, { seed: 1 })
  const [a, b] = [make(), make()]
  const forwards = Array.from({ length: 8 }, (_, i) => a.get(i, 3))
  const backwards = Array.from({ length: 8 }, (_, i) => b.get(7 - i, 3)).reverse()
  expect(backwards).toEqual(forwards)
  expect(make().get(2, 4)).not.toEqual(forwards[2])
})

describe('MixDataset', () => {
  const set: data.Dataset<readonly [data.NdArray<Uint8Array>, number]> = {
    length: 4,
    get: i => [bytes([1, 10, 10], () => i * 10), i],
  }
  test('mixup: image and label by one share', async () => {
    const mixed = new data.MixDataset(set, { classes: 4, mixup: 0.4, seed: 2 })
    let between = 0
    for (let draw = 0; draw < 20; draw++) {
      const [x, y] = await mixed.get(1, draw)
      expect(y.data.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
      expect(x.data[5]).toBeCloseTo(y.data.reduce((s, share, label) => s + share * label * 10, 0), 4)
      if (y.data[1] > 0.01 && y.data[1] < 0.99) between++
    }
    expect(between).toBeGreaterThan(5)
    expect(await mixed.get(1, 3)).toEqual(await new data.MixDataset(set, { classes: 4, mixup: 0.4, seed: 2 }).get(1, 3))
  })
  test('cutmix: shares are areas', async () => {
    const mixed = new data.MixDataset(set, { classes: 4, cutmix: 1, seed: 2 })
    for (let draw = 0; draw < 20; draw++) {
      const [x, y] = await mixed.get(1, draw)
      y.data.forEach((share, label) => {
        expect(x.data.filter(v => v === label * 10).length / 100).toBeCloseTo(share, 5)
      })
    }
  })
  test('errors', async () => {
    expect(() => new data.MixDataset(set, { classes: 4 })).toThrow('expected one of them above 0')
    await expect(new data.MixDataset(set, { classes: 2, mixup: 1 }).get(3)).rejects.toThrow(
      'the label is 3: there are 2 classes',
    )
  })
})

describe('errors', () => {
  const bad: [string, () => unknown, string][] = [
    ['no image', () => t.horizontalFlip()(5), 'the sample is 5: an image is { data, shape'],
    ['small image', () => t.randomCrop(4)(image), '4×4 is more than the image of 2×3'],
    ['size', () => t.resize(0), 'the size is 0'],
    ['channels', () => t.normalize([0, 0], [1, 1])(image), 'the image has 1 channels, there are 2 means'],
    ['deviation', () => t.normalize([0], [0]), 'deviations above 0'],
    ['hue', () => t.colorJitter({ hue: 0.6 }), 'hue is 0.6'],
    ['probability', () => t.randomHorizontalFlip(2), 'p is 2'],
    ['range', () => t.randomResizedCrop(2, { scale: [1, 0.5] }), 'scale is [1, 0.5]'],
    [
      'mask',
      () => t.horizontalFlip()({ image, mask: bytes([3, 3]) }),
      'the mask is [3,3], the image is 2 high and 3 wide',
    ],
  ]
  for (const [name, run, message] of bad) {
    test(name, () => {
      expect(run).toThrow(DataError)
      expect(run).toThrow(message)
    })
  }
})
