/** @file Sound at another rate of samples. */
import { narrow, tensor, windows, type Tensor } from '../../tensor/index.ts'
import { DataError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

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
 */
export function resample(x: Tensor, from: number, to: number, options: ResampleOptions = {}): Tensor {
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
