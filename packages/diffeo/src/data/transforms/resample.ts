/** @file Sound at another rate of samples, or of another length. */
import { narrow, tensor, Tensor, windows } from '../../tensor/index.ts'
import { DataError, ShapeError } from '../../util/errors.ts'
import { checkOptions, whatIs } from '../../util/options.ts'
import { soundTransform, type SoundTransform } from './sound.ts'

export interface ResampleOptions {
  /** How many zero crossings of the sinc count on either side: more is sharper; 6. */
  width?: number
  /** Where frequencies end, as a share of half of the lower rate; 0.99. */
  rolloff?: number
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))

/**
 * Weights `[to, 2·reach + from]`: the sample i of `to` is a sum over the samples around, by a sinc that ends in a Hann
 * window: w(t) = b/from · sinc(b t) · cos²(π b t/(2·width)), with b the cut-off frequency.
 */
function weightsOf(from: number, to: number, reach: number, base: number, width: number): Float64Array {
  const size = 2 * reach + from
  return Float64Array.from({ length: to * size }, (_, k) => {
    const [i, j] = [Math.floor(k / size), k % size]
    const t = Math.max(-width, Math.min(width, ((j - reach) / from - i / to) * base))
    const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t)
    return sinc * Math.cos(Math.PI * t / (2 * width)) ** 2 * base / from
  })
}

/**
 * `[..., samples]` at another rate, ⌈samples · to/from⌉ of them; frequencies that the lower rate cannot hold go. As
 * torchaudio's `resample`, with its defaults.
 * @param from - samples a second that x has
 * @param to - samples a second that are wanted
 * @throws DataError where a rate is no whole number from 1
 * @example data.transforms.resample(sound, 44100, 16000)
 * @example new data.TransformDataset(await datasets.audioFolder('words'), data.transforms.resample(16000))
 */
export function resample(x: Tensor, from: number, to: number, options?: ResampleOptions): Tensor
export function resample(to: number, options?: ResampleOptions): SoundTransform
export function resample(...given: readonly unknown[]): any {
  const [x, from, to, options] = given as [Tensor, number, number, ResampleOptions | undefined]
  if (x instanceof Tensor) return atRate(x, from, to, options)
  const [rate, settings] = given as [number, ResampleOptions | undefined]
  if (!Number.isInteger(rate) || rate < 1)
    throw new DataError(
      `resample: got ${whatIs(rate)}: expected (x, from, to) of a tensor, or the rate alone, which makes a transform`,
    )
  return soundTransform('resample', (t, _, own) => {
    if (own === undefined) throw new DataError('resample: the sound does not say its sampleRate: resample(x, from, to)')
    return atRate(t, own, rate, settings)
  }, () => ({ sampleRate: rate }))
}

/** Silence at the end, or a cut, until a sound has so many samples: sounds of one length make batches. */
export function fixLength(samples: number): SoundTransform {
  if (!Number.isInteger(samples) || samples < 1)
    throw new DataError(`fixLength: samples is ${whatIs(samples)}: expected a whole number from 1 up`)
  return soundTransform('fixLength', x => {
    const [axis, found] = [x.rank - 1, x.shape[x.rank - 1]]
    if (found >= samples) return narrow(x, axis, 0, samples)
    return x.pad(x.shape.map((_, i) => [0, i === axis ? samples - found : 0]))
  }, sampleRate => (sampleRate === undefined ? {} : { sampleRate }))
}

function atRate(x: Tensor, from: number, to: number, options: ResampleOptions = {}): Tensor {
  checkOptions('resample', options, { width: true, rolloff: true })
  const { width = 6, rolloff = 0.99 } = options
  for (const rate of [from, to, width])
    if (!Number.isInteger(rate) || rate < 1)
      throw new DataError(`resample: from ${from} to ${to}, width ${width}: expected whole numbers from 1 up`)
  if (!(rolloff > 0 && rolloff <= 1)) throw new DataError(`resample: rolloff is ${rolloff}: expected above 0, up to 1`)
  const samples = x.shape.at(-1) ?? 0
  if (samples === 0) throw new ShapeError(`resample: the input is [${x.shape.join(',')}]: expected [..., samples]`)
  if (from === to) return x
  const common = divisor(from, to)
  const [own, wanted] = [from / common, to / common]
  const base = Math.min(own, wanted) * rolloff
  const reach = Math.ceil(width * own / base)
  const weights = tensor(weightsOf(own, wanted, reach, base, width), {
    shape: [wanted, 2 * reach + own], dtype: x.dtype, device: x.device,
  })
  const rows = x.reshape(-1, samples).pad([[0, 0], [reach, reach + own]])
  const made = windows(rows, 1, 2 * reach + own, own).matmul(weights.T)
  const length = Math.ceil(samples * wanted / own)
  return narrow(made.reshape(made.shape[0], -1), 1, 0, length).reshape(...x.shape.slice(0, -1), length)
}
