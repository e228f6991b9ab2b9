/** @file Transforms of short pieces of a signal, and the signal from them. */
import { ones, tensor, zeros, type Tensor } from '../tensor/index.ts'
import { DiffeoError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkComplex, checkReal, complex, shapeText } from './complex.ts'
import { fft, irfft, rfft } from './transforms.ts'

interface Shared {
  /** Samples from one piece to the next; nFft/4. */
  hopLength?: number
  /** The window's length, which stands in the middle of a piece; nFft. */
  winLength?: number
  /** `[winLength]`; all 1. */
  window?: Tensor
  /** Pieces are centred at multiples of the hop: the signal is padded by nFft/2 on both sides. */
  center?: boolean
  /** Divided (in the inverse multiplied) by √nFft. */
  normalized?: boolean
  /** The first nFft/2 + 1 frequencies alone. */
  onesided?: boolean
}
export interface StftOptions extends Shared { padMode?: 'reflect' | 'constant' }
export interface IstftOptions extends Shared { length?: number }

const names = {
  hopLength: true, winLength: true, window: true, center: true, normalized: true, onesided: true,
} as const

interface Form { readonly hop: number; readonly window: Tensor; readonly center: boolean; readonly scale: number }

function formOf(op: string, x: Tensor, nFft: number, options: Shared): Form {
  const { hopLength: hop = Math.floor(nFft / 4), winLength: width = nFft, center = true, normalized = false } = options
  if (!Number.isInteger(nFft) || nFft < 1) throw new ShapeError(`fft.${op}: nFft is ${nFft}, and must be from 1 up`)
  if (!Number.isInteger(hop) || hop < 1) throw new ShapeError(`fft.${op}: hopLength is ${hop}, and must be from 1 up`)
  if (!Number.isInteger(width) || width < 1 || width > nFft)
    throw new ShapeError(`fft.${op}: winLength is ${width}, and must be from 1 to nFft = ${nFft}`)
  const given = options.window ?? ones([width], { dtype: x.dtype, device: x.device })
  if (given.rank !== 1 || given.shape[0] !== width)
    throw new ShapeError(`fft.${op}: the window of shape ${shapeText(given)} must be a vector of winLength = ${width}`)
  const left = Math.floor((nFft - width) / 2)
  const window = given.cast(x.dtype).pad([[left, nFft - width - left]])
  return { hop, window, center, scale: normalized ? 1 / Math.sqrt(nFft) : 1 }
}

/** Where each sample of each piece lies in the signal; `reflect` is how far it was padded by reflection. */
function places(pieces: number, nFft: number, hop: number, reflect: number, length: number): Int32Array {
  const at = (i: number): number => {
    const k = Math.abs(i - reflect)
    return k < length ? k : 2 * (length - 1) - k
  }
  return Int32Array.from({ length: pieces * nFft }, (_, j) => at(Math.floor(j / nFft) * hop + (j % nFft)))
}

/**
 * The short-time Fourier transform of x `[length]` or `[batch, length]`: of pieces of nFft samples times the window,
 * each hopLength after the one before. Complex `[..., frequencies, pieces, 2]`.
 *
 * @param options as torch.stft's: `hopLength` (nFft/4), `winLength` (nFft), `window` (all 1), `center` (true),
 * `padMode` ('reflect'), `normalized` (false), `onesided` (true)
 * @throws ShapeError where the signal is shorter than a piece, or than the padding
 * @example
 * const spectrum = fft.stft(randn([16000]), 400, { hopLength: 160, window: fft.hannWindow(400) })
 * spectrum.shape // [201, 101, 2]
 */
export function stft(x: Tensor, nFft: number, options: StftOptions = {}): Tensor {
  checkOptions('fft.stft', options, { ...names, padMode: true })
  checkReal('stft', x)
  if (x.rank !== 1 && x.rank !== 2)
    throw new ShapeError(`fft.stft: takes [length] or [batch, length], got shape ${shapeText(x)}`)
  const { padMode = 'reflect', onesided = true } = options
  if (padMode !== 'reflect' && padMode !== 'constant')
    throw new DiffeoError(`fft.stft: padMode is '${String(padMode)}', and must be 'reflect' or 'constant'`)
  const { hop, window, center, scale } = formOf('stft', x, nFft, options)
  const pad = center ? Math.floor(nFft / 2) : 0
  const reflect = padMode === 'reflect' ? pad : 0
  const rows = x.rank === 1 ? x.unsqueeze(0) : x
  if (reflect >= rows.shape[1] && reflect > 0)
    throw new ShapeError(
      `fft.stft: a signal of ${rows.shape[1]} cannot be reflected over ${reflect}: pad with 'constant'`,
    )
  const padded =
    pad > reflect
      ? rows.pad([
          [0, 0],
          [pad, pad],
        ])
      : rows
  const length = padded.shape[1] + 2 * reflect
  if (length < nFft) throw new ShapeError(`fft.stft: ${length} samples are fewer than nFft = ${nFft}`)
  const pieces = 1 + Math.floor((length - nFft) / hop)
  const ids = tensor(places(pieces, nFft, hop, reflect, padded.shape[1]), { device: x.device })
  const windowed = padded.indexSelect(1, ids).unflatten(1, [pieces, nFft]).mul(window)
  const spectrum = onesided ? rfft(windowed) : fft(complex(windowed))
  const out = spectrum.transpose(1, 2)
  const scaled = scale === 1 ? out : out.mul(scale)
  return x.rank === 1 ? scaled.squeeze(0) : scaled
}

/**
 * The signal from its short-time transform `[..., frequencies, pieces, 2]`, by the least squares: the sum of the pieces
 * times the window over the sum of the window's squares (Griffin and Lim, "Signal estimation from modified short-time
 * Fourier transform", 1984). Options are those of `stft`, and `length`, to which the signal is cut or filled up.
 *
 * Where no window reaches a sample it is NaN (PyTorch throws).
 *
 * @example
 * const [x, window] = [randn([1000]), fft.hannWindow(64)]
 * const back = fft.istft(fft.stft(x, 64, { window }), 64, { window, length: 1000 })
 * await back.allClose(x, { atol: 1e-5 }).item() // 1
 */
export function istft(z: Tensor, nFft: number, options: IstftOptions = {}): Tensor {
  checkOptions('fft.istft', options, { ...names, length: true })
  checkComplex('istft', z)
  if (z.rank !== 3 && z.rank !== 4)
    throw new ShapeError(`fft.istft: takes [frequencies, pieces, 2] or a batch of them, got shape ${shapeText(z)}`)
  const { onesided = true } = options
  const { hop, window, center, scale } = formOf('istft', z, nFft, options)
  const rows = (z.rank === 3 ? z.unsqueeze(0) : z).transpose(1, 2)
  const wanted = onesided ? Math.floor(nFft / 2) + 1 : nFft
  if (rows.shape[2] !== wanted)
    throw new ShapeError(`fft.istft: ${rows.shape[2]} frequencies were given, and nFft = ${nFft} has ${wanted}`)
  const pieces = rows.shape[1]
  // of all frequencies the first half is read, as PyTorch does: irfft cuts it off
  const signal = irfft(rows, { n: nFft })
  const length = nFft + hop * (pieces - 1)
  const ids = tensor(places(pieces, nFft, hop, 0, length), { device: z.device }).unsqueeze(0)
  const overlapped = (parts: Tensor): Tensor => {
    const flat = parts.flatten(1, 2)
    return zeros([flat.shape[0], length], { dtype: z.dtype, device: z.device })
      .scatterAdd(1, ids.expand([flat.shape[0], ids.shape[1]]), flat)
  }
  const squares = window.square().expand([1, pieces, nFft])
  const pad = center ? Math.floor(nFft / 2) : 0
  const end = options.length === undefined ? length - pad : Math.min(pad + options.length, length)
  const cut = (x: Tensor): Tensor => x.split([pad, end - pad, length - end], 1)[1]
  const whole = cut(overlapped(signal.mul(window))).div(cut(overlapped(squares)))
  const scaled = scale === 1 ? whole : whole.div(scale)
  const missing = (options.length ?? 0) - scaled.shape[1]
  const filled = missing > 0 ? scaled.pad([[0, 0], [0, missing]]) : scaled
  return z.rank === 3 ? filled.squeeze(0) : filled
}
