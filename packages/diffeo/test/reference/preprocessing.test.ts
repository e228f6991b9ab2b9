import { describe, expect, test } from 'vitest'
import * as data from '../../src/data/index.ts'
import { tensor, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, type FixtureArray } from './support.ts'

type Results = Record<string, FixtureArray>
const { scalers, imputers, encoders, images, sounds } = fixture<{
  scalers: { x: FixtureArray; other: FixtureArray; results: Results }
  imputers: { x: FixtureArray; other: FixtureArray; results: Results; marked: FixtureArray }
  encoders: { names: string[]; codes: number[]; labels: number[]; oneHot: number[][]; ordinal: number[][] }
  images: Results
  sounds: Results
}>('preprocessing')

describe('scalers are those of scikit-learn', () => {
  interface Scaler {
    fit(x: Tensor): Scaler
    transform(x: Tensor): Tensor
    inverseTransform(x: Tensor): Tensor
    stateDict(): Record<string, Tensor>
    loadStateDict(state: Record<string, Tensor>): void
  }
  const made: Record<string, () => Scaler> = {
    StandardScaler: () => new data.StandardScaler(), MaxAbsScaler: () => new data.MaxAbsScaler(),
    MinMaxScaler: () => new data.MinMaxScaler({ range: [-1, 3] }), RobustScaler: () => new data.RobustScaler(),
    'RobustScaler wide': () => new data.RobustScaler({ quantileRange: [0.1, 0.8] }),
  }
  test.each(Object.keys(scalers.results))('%s', name => {
    const [x, other] = [toTensor(scalers.x), toTensor(scalers.other)]
    const scaler = made[name]().fit(x)
    expectClose(scaler.transform(other), scalers.results[name], name)
    expectClose(scaler.inverseTransform(scaler.transform(other)), scalers.other, `${name} back`)
    const again = made[name]()
    again.loadStateDict(scaler.stateDict())
    expectClose(again.transform(other), scalers.results[name], `${name} of its state`)
  })
})

describe('imputers are those of scikit-learn', () => {
  const [x, other] = [toTensor(imputers.x), toTensor(imputers.other)]
  test.each(Object.keys(imputers.results))('%s', name => {
    const strategy = name === 'most_frequent' ? 'mostFrequent' : name as 'mean'
    const imputer = new data.SimpleImputer({ strategy, fillValue: -7.5 }).fit(x)
    expectClose(imputer.transform(other), imputers.results[name], name)
    const again = new data.SimpleImputer({ strategy })
    again.loadStateDict(imputer.stateDict())
    expectClose(again.transform(other), imputers.results[name], `${name} of its state`)
  })
  test('with columns that say what was missing', () => {
    const values = Float64Array.from(other.dataSync())
    for (let i = 0; i < 4; i++) if (Number.isNaN(values[3 * i + 1])) values.fill(0.5, 3 * i, 3 * i + 3)
    const imputer = new data.SimpleImputer({ addIndicator: true }).fit(x)
    expectClose(imputer.transform(tensor(values, { shape: [4, 3] })), imputers.marked, 'marked')
  })
})

test('encoders are those of scikit-learn', () => {
  const { names, codes } = encoders
  expect([...new data.LabelEncoder().fitTransform(names)]).toEqual(encoders.labels)
  const table = data.Table.fromRows(names.map((name, i) => ({ name, code: codes[i] })))
  const other = data.Table.fromRows([{ name: 'oslo', code: 10 }, { name: 'paris', code: 3 }])
  const rows = ({ data: values, shape }: data.NdArray): number[][] => tensor(values, { shape }).arraySync()
  expect(rows(new data.OneHotEncoder({ handleUnknown: 'ignore' }).fit(table).transform(other))).toEqual(encoders.oneHot)
  expect(rows(new data.OrdinalEncoder().fitTransform(table))).toEqual(encoders.ordinal)
})

describe('images', () => {
  const x: data.transforms.ImageArray = { data: Float32Array.from(images.x.data, Number), shape: images.x.shape }
  const floats = (image: data.transforms.ImageArray): Tensor =>
    tensor(Float64Array.from(image.data), { shape: image.shape })
  test.each([
    ['up', [8, 11]],
    ['down', [3, 2]],
    ['mixed', [9, 3]],
  ] as const)('resized as PyTorch does: %s', (name, size) => {
    expectClose(floats(data.transforms.resize(size)(x)), images[name], name, 1e-6)
  })
  test('affine maps as torchvision composes them, sampled as PyTorch does', () => {
    const made = data.transforms.affine({ degrees: 20, translate: [1, -0.5], scale: 1.3, shear: [10, -5] })(x)
    expectClose(floats(made), images.affine, 'affine', 1e-6)
  })
})

describe('sound', () => {
  const x = toTensor(sounds.x)
  const form = { nFft: 64, winLength: 50, hopLength: 20 }
  const mel = { sampleRate: 8000, nMels: 10, fMin: 100, fMax: 3800 }
  test('spectrogram, mel spectrogram, cepstral coefficients', () => {
    expectClose(data.transforms.spectrogram(x, form), sounds.power, 'power', 1e-9)
    expectClose(data.transforms.melSpectrogram(x, { ...form, ...mel }), sounds.mel, 'mel', 1e-6)
    expectClose(data.transforms.mfcc(x, { ...form, ...mel, nMfcc: 6 }), sounds.mfcc, 'mfcc', 1e-6)
  })
  test('filters of the other scale, of area 1', () => {
    const filters = data.transforms.melFilters(33, {
      sampleRate: 8000,
      nMels: 6,
      fMax: 4000,
      melScale: 'slaney',
      norm: 'slaney',
    })
    expectClose(filters, sounds.slaney, 'filters', 1e-6)
  })
})
