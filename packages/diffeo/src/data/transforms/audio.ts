/**
 * @file Sound as pictures of its frequencies: tensors in, tensors out, so that they run in compiled steps, batches at
 * once; sounds of files in, arrays out; or as transforms of a data set's samples.
 */
import * as fft from '../../fft/index.ts'
import { tensor, where, type Tensor } from '../../tensor/index.ts'
import { DataError, ShapeError } from '../../util/errors.ts'
import { checkOptions, whatIs, type Names } from '../../util/options.ts'
import type { NdArray } from '../ndarray.ts'
import { Random } from '../random.ts'
import {
  isSound, ofSound, soundTransform, type Sound, type SoundFunction, type SoundTransform,
} from './sound.ts'

export interface SpectrogramOptions {
  /** Samples of a piece; 400. */
  nFft?: number
  /** Samples of the window; nFft. */
  winLength?: number
  /** Samples from one piece to the next; half of the window. */
  hopLength?: number
  /** 2: power, 1: magnitude; 2. */
  power?: number
  /** Pieces are centred at multiples of the hop, the signal reflected at its ends; true. */
  center?: boolean
}
const spectrogramNames: Names<SpectrogramOptions> =
  { nFft: true, winLength: true, hopLength: true, power: true, center: true }

/**
 * |STFT|^power with a Hann window: `[..., samples]` to `[..., nFft/2 + 1, pieces]`. Defaults are torchaudio's.
 * @example data.transforms.spectrogram(sound, { nFft: 512, hopLength: 160 })
 * @example new data.TransformDataset(sounds, data.transforms.spectrogram({ nFft: 512 }))
 */
export function spectrogram(x: Tensor, options?: SpectrogramOptions): Tensor
export function spectrogram(x: Sound, options?: SpectrogramOptions): NdArray<Float32Array>
export function spectrogram(options?: SpectrogramOptions): SoundTransform
export function spectrogram(x?: Tensor | Sound | SpectrogramOptions, options: SpectrogramOptions = {}): any {
  const ofOptions = (o: SpectrogramOptions): SoundFunction => {
    checkOptions('spectrogram', o, spectrogramNames)
    return t => powers(t, o)
  }
  return inForms('spectrogram', x, options, ofOptions)
}

/** A function of sound in its three forms: the first argument is the sound, or the options of a transform. */
const inForms = <O extends object>(
  op: string, x: Tensor | Sound | O | undefined, options: O, ofOptions: (options: O) => SoundFunction,
): unknown => (isSound(op, x)
  ? ofSound(op, x, ofOptions(options))
  : soundTransform(op, ofOptions((x ?? {}) as O)))

function powers(x: Tensor, options: SpectrogramOptions): Tensor {
  const {
    nFft = 400,
    winLength = nFft,
    hopLength = Math.max(1, Math.floor(winLength / 2)),
    power = 2,
    center = true,
  } = options
  if (x.rank === 0 || x.shape.some(d => d === 0))
    throw new ShapeError(`spectrogram: the input is [${x.shape.join(',')}]: expected [..., samples]`)
  if (!(power > 0)) throw new DataError(`spectrogram: power is ${power}: expected more than 0`)
  const samples = x.shape[x.rank - 1]
  const window = fft.hannWindow(winLength, { dtype: x.dtype, device: x.device })
  const rows = fft.stft(x.reshape(-1, samples), nFft, { winLength, hopLength, window, center })
  const squares = rows.square().sum(-1)
  const made = power === 2 ? squares : power === 1 ? squares.sqrt() : squares.pow(power / 2)
  return made.reshape(...x.shape.slice(0, -1), ...made.shape.slice(1))
}

export interface MelOptions {
  /** Samples a second; 16,000. */
  sampleRate?: number
  /** 128. */
  nMels?: number
  fMin?: number
  /** Half of the sample rate. */
  fMax?: number
  /** Of the scale: 'htk' is logarithmic throughout, 'slaney' straight up to 1000 Hz; 'htk'. */
  melScale?: 'htk' | 'slaney'
  /** 'slaney': each filter has the area 1. */
  norm?: 'slaney' | null
}
const melNames: Names<MelOptions> = {
  sampleRate: true,
  nMels: true,
  fMin: true,
  fMax: true,
  melScale: true,
  norm: true,
}

const slaneyStep = Math.log(6.4) / 27
/** HTK: 2595 log₁₀(1 + f/700). Slaney: 3f/200 up to 1000 Hz, then 15 + ln(f/1000)/(ln 6.4/27). */
const toMel = (f: number, scale: string): number =>
  scale === 'htk' ? 2595 * Math.log10(1 + f / 700) : f < 1000 ? 3 * f / 200 : 15 + Math.log(f / 1000) / slaneyStep
const toHz = (m: number, scale: string): number =>
  scale === 'htk' ? 700 * (10 ** (m / 2595) - 1) : m < 15 ? 200 * m / 3 : 1000 * Math.exp(slaneyStep * (m - 15))

/** Triangles over the frequencies of a spectrum, evenly spaced in mels: `[nMels, frequencies]`. */
export function melFilters(frequencies: number, options: MelOptions = {}): Tensor {
  checkOptions('melFilters', options, melNames)
  const { sampleRate = 16000, nMels = 128, fMin = 0, fMax = sampleRate / 2, melScale = 'htk', norm = null } = options
  if (!Number.isInteger(nMels) || nMels < 1)
    throw new DataError(`melFilters: nMels is ${nMels}: expected a whole number from 1 up`)
  if (melScale !== 'htk' && melScale !== 'slaney')
    throw new DataError(`melFilters: melScale is '${String(melScale)}': expected 'htk' or 'slaney'`)
  if (!(fMin >= 0 && fMin < fMax && fMax <= sampleRate / 2))
    throw new DataError(
      `melFilters: from ${fMin} to ${fMax} Hz: expected a range from 0 to half of the sample rate, ${sampleRate / 2}`,
    )
  const [low, high] = [toMel(fMin, melScale), toMel(fMax, melScale)]
  const edges = Array.from({ length: nMels + 2 }, (_, i) => toHz(low + (high - low) * i / (nMels + 1), melScale))
  const out = new Float64Array(nMels * frequencies)
  for (let m = 0; m < nMels; m++) {
    const [from, peak, to] = edges.slice(m, m + 3)
    const height = norm === 'slaney' ? 2 / (to - from) : 1
    for (let k = 0; k < frequencies; k++) {
      const f = sampleRate / 2 * k / (frequencies - 1)
      out[m * frequencies + k] = height * Math.max(0, Math.min((f - from) / (peak - from), (to - f) / (to - peak)))
    }
  }
  return tensor(out, { shape: [nMels, frequencies], dtype: 'float32' })
}

function parted<A extends object, B extends object>(
  op: string, options: A & B, first: Names<A>, second: Names<B>,
): [A, B] {
  checkOptions<A & B>(op, options, { ...first, ...second } as unknown as Names<A & B>)
  const of = (names: object): any => Object.fromEntries(Object.entries(options).filter(([k]) => k in names))
  return [of(first), of(second)]
}

/** The options with the rate of the sound, where it says. @throws DataError where they say another */
function withRate<O extends MelOptions>(op: string, options: O, rate: number | undefined): O {
  if (rate !== undefined && options.sampleRate !== undefined && options.sampleRate !== rate)
    throw new DataError(
      `${op}: the sound has ${rate} samples a second, sampleRate is ${options.sampleRate}: leave it out, or bring the ` +
        `sound to that rate first, transforms.resample(${options.sampleRate})`,
    )
  return rate === undefined ? options : { ...options, sampleRate: rate }
}

/**
 * The spectrogram's power by mel filters: `[..., samples]` to `[..., nMels, pieces]`. Of a sound that has a sampleRate,
 * this is the rate; else 16,000 unless it is given.
 * @example data.transforms.melSpectrogram(sound, { sampleRate: 16000, nFft: 400, hopLength: 160, nMels: 40 })
 * @example new data.TransformDataset(await datasets.audioFolder('words'), data.transforms.melSpectrogram({ nMels: 40
 * }))
 */
export function melSpectrogram(x: Tensor, options?: SpectrogramOptions & MelOptions): Tensor
export function melSpectrogram(x: Sound, options?: SpectrogramOptions & MelOptions): NdArray<Float32Array>
export function melSpectrogram(options?: SpectrogramOptions & MelOptions): SoundTransform
export function melSpectrogram(
  x?: Tensor | Sound | (SpectrogramOptions & MelOptions), options: SpectrogramOptions & MelOptions = {},
): any {
  return inForms('melSpectrogram', x, options, o => {
    parted<SpectrogramOptions, MelOptions>('melSpectrogram', o, spectrogramNames, melNames)
    return (t, _, rate) => mels(t, withRate('melSpectrogram', o, rate))
  })
}

function mels(x: Tensor, options: SpectrogramOptions & MelOptions): Tensor {
  const [spectral, mel] = parted<SpectrogramOptions, MelOptions>('melSpectrogram', options, spectrogramNames, melNames)
  const power = powers(x, spectral)
  return melFilters(power.shape[power.rank - 2], mel).cast(x.dtype).to(x.device).matmul(power)
}

export interface DecibelOptions {
  /** 10 for power, 20 for magnitude; 10. */
  multiplier?: number
  /** Less counts as this; 1e-10. */
  amin?: number
  /**
   * Nothing is further below the greatest value of its example (the last two axes) than this; no bound unless it is
   * given.
   */
  topDb?: number
}
/**
 * multiplier · log₁₀ max(x, amin), in decibels.
 * @example data.transforms.amplitudeToDB(mel, { topDb: 80 })
 * @example data.transforms.compose(data.transforms.melSpectrogram(), data.transforms.amplitudeToDB({ topDb: 80 }))
 */
export function amplitudeToDB(x: Tensor, options?: DecibelOptions): Tensor
export function amplitudeToDB(x: Sound, options?: DecibelOptions): NdArray<Float32Array>
export function amplitudeToDB(options?: DecibelOptions): SoundTransform
export function amplitudeToDB(x?: Tensor | Sound | DecibelOptions, options: DecibelOptions = {}): any {
  return inForms('amplitudeToDB', x, options, o => {
    checkOptions('amplitudeToDB', o, { multiplier: true, amin: true, topDb: true })
    return t => decibels(t, o)
  })
}

function decibels(x: Tensor, options: DecibelOptions): Tensor {
  const { multiplier = 10, amin = 1e-10, topDb } = options
  const db = x.maximum(amin).log10().mul(multiplier)
  if (topDb === undefined) return db
  return db.maximum(db.amax([-2, -1], { keepdims: true }).sub(topDb))
}

export interface MfccOptions extends SpectrogramOptions, MelOptions {
  /** Coefficients that are kept; 40. */
  nMfcc?: number
}
/**
 * Mel-frequency cepstral coefficients: the DCT-II (orthonormal) of the mel spectrogram in decibels (topDb 80), over the
 * mels: `[..., samples]` to `[..., nMfcc, pieces]`.
 * @example data.transforms.mfcc(sound, { nMfcc: 13, nMels: 40, hopLength: 160 })
 * @example new data.TransformDataset(sounds, data.transforms.mfcc({ nMfcc: 13, nMels: 40 }))
 */
export function mfcc(x: Tensor, options?: MfccOptions): Tensor
export function mfcc(x: Sound, options?: MfccOptions): NdArray<Float32Array>
export function mfcc(options?: MfccOptions): SoundTransform
export function mfcc(x?: Tensor | Sound | MfccOptions, options: MfccOptions = {}): any {
  return inForms('mfcc', x, options, o => {
    checkOptions('mfcc', o, { ...spectrogramNames, ...melNames, nMfcc: true })
    return (t, _, rate) => cepstra(t, withRate('mfcc', o, rate))
  })
}

function cepstra(x: Tensor, { nMfcc = 40, ...options }: MfccOptions): Tensor {
  const db = decibels(mels(x, options), { topDb: 80 })
  const count = db.shape[db.rank - 2]
  if (!Number.isInteger(nMfcc) || nMfcc < 1 || nMfcc > count)
    throw new DataError(`mfcc: nMfcc is ${nMfcc}: expected a whole number from 1 to the ${count} mels`)
  const cosines = Float64Array.from({ length: nMfcc * count }, (_, i) => {
    const [k, n] = [Math.floor(i / count), i % count]
    return Math.sqrt((k === 0 ? 1 : 2) / count) * Math.cos(Math.PI / count * (n + 0.5) * k)
  })
  return tensor(cosines, { shape: [nMfcc, count], dtype: x.dtype, device: x.device }).matmul(db)
}

export interface SpecAugmentOptions {
  /** How many bands of frequencies are blanked, and the most each is wide; 2 and 8. */
  frequencyMasks?: number
  frequencyWidth?: number
  /** How many spans of time, and the most each is long; 2 and 20. */
  timeMasks?: number
  timeWidth?: number
  /** What is put there; 0. */
  value?: number
}
/**
 * Blanks bands of frequencies and spans of time, others for each example (Park et al., 2019): `[..., frequencies,
 * pieces]`.
 * @example data.transforms.specAugment(mel, new data.Random(seed, epoch, batch), { timeMasks: 1 })
 * @example data.transforms.compose(data.transforms.melSpectrogram(), data.transforms.specAugment({ timeMasks: 1 }))
 */
export function specAugment(x: Tensor, random: Random, options?: SpecAugmentOptions): Tensor
export function specAugment(x: Sound, random: Random, options?: SpecAugmentOptions): NdArray<Float32Array>
export function specAugment(options?: SpecAugmentOptions): SoundTransform
export function specAugment(
  x?: Tensor | Sound | SpecAugmentOptions, random?: Random, options: SpecAugmentOptions = {},
): any {
  const ofOptions = (o: SpecAugmentOptions): SoundFunction => {
    checkOptions('specAugment', o,
      { frequencyMasks: true, frequencyWidth: true, timeMasks: true, timeWidth: true, value: true })
    return (t, r) => blanked(t, r, o)
  }
  if (!isSound('specAugment', x)) return soundTransform('specAugment', ofOptions((x ?? {}) as SpecAugmentOptions))
  if (!(random instanceof Random))
    throw new DataError(
      `specAugment: random is ${whatIs(random)}: expected its random numbers, new data.Random(seed, epoch, batch)`,
    )
  return ofSound('specAugment', x, ofOptions(options), random)
}

function blanked(x: Tensor, random: Random, options: SpecAugmentOptions): Tensor {
  const { frequencyMasks = 2, frequencyWidth = 8, timeMasks = 2, timeWidth = 20, value = 0 } = options
  if (x.rank < 2)
    throw new ShapeError(`specAugment: the input is [${x.shape.join(',')}]: expected [..., frequencies, pieces]`)
  const [rows, columns] = x.shape.slice(-2)
  const size = rows * columns
  const hidden = new Uint8Array(x.size)
  for (let at = 0; at < x.size; at += size) {
    const mask = hidden.subarray(at, at + size)
    for (let k = 0; k < frequencyMasks; k++) {
      const width = random.integer(Math.min(frequencyWidth, rows) + 1)
      const from = random.integer(rows - width + 1)
      mask.fill(1, from * columns, (from + width) * columns)
    }
    for (let k = 0; k < timeMasks; k++) {
      const width = random.integer(Math.min(timeWidth, columns) + 1)
      const from = random.integer(columns - width + 1)
      for (let r = 0; r < rows; r++) mask.fill(1, r * columns + from, r * columns + from + width)
    }
  }
  return where(tensor(hidden, { shape: x.shape, dtype: 'bool', device: x.device }), value, x)
}
