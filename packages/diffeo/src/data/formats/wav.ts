/** @file WAV: PCM of 8, 16, 24 and 32 bits, and floats of 32 and 64. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { ByteReader } from './error.ts'

/** Sound: samples from −1 to 1, channel after channel, as `[channels, frames]`. */
export interface Audio {
  readonly data: Float32Array
  readonly shape: readonly [number, number]
  /** Frames a second. */
  readonly sampleRate: number
}

type Read = (view: DataView, at: number) => number
const readers: Readonly<Record<string, Read>> = {
  'pcm 8': (v, at) => (v.getUint8(at) - 128) / 128,
  'pcm 16': (v, at) => v.getInt16(at, true) / 2 ** 15,
  'pcm 24': (v, at) => ((v.getInt8(at + 2) << 16) | v.getUint16(at, true)) / 2 ** 23,
  'pcm 32': (v, at) => v.getInt32(at, true) / 2 ** 31,
  'float 32': (v, at) => v.getFloat32(at, true),
  'float 64': (v, at) => v.getFloat64(at, true),
}

interface Format { readonly channels: number; readonly sampleRate: number; readonly bytes: number; readonly read: Read }

function formatOf(reader: ByteReader, at: number, size: number): Format {
  if (size < 16) reader.fail(at, `the format chunk has ${size} bytes: it takes 16`)
  let code = reader.u16(at, 'the format')
  const [channels, sampleRate, block, bits] = [
    reader.u16(at + 2, 'the format'), reader.u32(at + 4, 'the format'), reader.u16(at + 12, 'the format'),
    reader.u16(at + 14, 'the format'),
  ]
  // the extensible form says the code in the first bytes of an identifier
  if (code === 0xfffe && size >= 26) code = reader.u16(at + 24, 'the format')
  const read = readers[`${code === 1 ? 'pcm' : code === 3 ? 'float' : `format ${code}`} ${bits}`]
  if (!read)
    return reader.fail(
      at,
      `samples are of format ${code} with ${bits} bits: PCM of 8, 16, 24, 32 and floats of 32, 64 bits are read`,
    )
  if (channels < 1 || channels > 256) reader.fail(at + 2, `there are ${channels} channels`)
  if (sampleRate < 1) reader.fail(at + 4, 'there are 0 frames a second')
  if (block !== (channels * bits) / 8)
    reader.fail(
      at + 12,
      `a frame is said to take ${block} bytes; ${channels} samples of ${bits} bits take ${(channels * bits) / 8}`,
    )
  return { channels, sampleRate, bytes: bits / 8, read }
}

/**
 * The sound of a WAV file.
 * @throws FormatError naming the byte where the file is wrong
 * @example const { data, shape: [channels, frames], sampleRate } = data.parseWav(bytes)
 */
export function parseWav(bytes: Uint8Array, file = 'WAV'): Audio {
  const reader = new ByteReader(bytes, file)
  if (bytes.length === 0) reader.fail(0, 'the file is empty')
  const [riff, wave] = [reader.text(0, 4, 'the header'), reader.text(8, 4, 'the header')]
  if (riff !== 'RIFF' || wave !== 'WAVE') reader.fail(0, 'a WAV file begins with RIFF, four bytes, WAVE')
  let format: Format | null = null
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, size] = [reader.text(at, 4, 'a chunk'), reader.u32(at + 4, 'a chunk')]
    if (name === 'fmt ') format = formatOf(reader, at + 8, size)
    if (name === 'data') {
      if (!format) return reader.fail(at, 'samples stand before their format')
      return samplesOf(reader, at + 8, size, format)
    }
    // chunks begin at even bytes
    at += 8 + size + (size & 1)
  }
  return reader.fail(bytes.length, 'the file ends and there was no chunk of samples')
}

function samplesOf(reader: ByteReader, at: number, size: number, { channels, sampleRate, bytes, read }: Format): Audio {
  reader.need(at, size, 'the samples')
  const frames = Math.floor(size / (channels * bytes))
  const data = new Float32Array(channels * frames)
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < frames; i++) data[c * frames + i] = read(reader.view, at + (i * channels + c) * bytes)
  return { data, shape: [channels, frames], sampleRate }
}

/**
 * A WAV file of samples `[channels, frames]`; what lies beyond ±1 is cut off in PCM.
 * @example await writeFile('a.wav', data.encodeWav({ data: samples, shape: [1, samples.length], sampleRate: 16000 }))
 */
export function encodeWav(audio: Audio, options: { bits?: 8 | 16 | 24 | 32; float?: boolean } = {}): Uint8Array {
  checkOptions('encodeWav', options, { bits: true, float: true })
  const { float = false, bits = float ? 32 : 16 } = options
  const { data, shape: [channels, frames], sampleRate } = audio
  if (data.length !== channels * frames)
    throw new DataError(`encodeWav: ${data.length} samples are not ${channels} channels of ${frames} frames`)
  if (![8, 16, 24, 32].includes(bits) || (float && bits !== 32))
    throw new DataError(
      `encodeWav: there are no ${float ? 'floats' : 'integers'} of ${bits} bits: 8, 16, 24, 32, or { float: true }`,
    )
  const bytes = bits / 8
  const size = channels * frames * bytes
  const view = new DataView(new ArrayBuffer(44 + size + (size & 1)))
  const text = (at: number, s: string): void => {
    for (let i = 0; i < s.length; i++) view.setUint8(at + i, s.charCodeAt(i))
  }
  text(0, 'RIFF')
  view.setUint32(4, view.byteLength - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, float ? 3 : 1, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * channels * bytes, true)
  view.setUint16(32, channels * bytes, true)
  view.setUint16(34, bits, true)
  text(36, 'data')
  view.setUint32(40, size, true)
  const most = 2 ** (bits - 1)
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < frames; i++) {
      const at = 44 + (i * channels + c) * bytes
      const x = data[c * frames + i]
      const n = Math.max(-most, Math.min(most - 1, Math.round(x * most)))
      if (float) view.setFloat32(at, x, true)
      else if (bits === 8) view.setUint8(at, n + 128)
      else if (bits === 16) view.setInt16(at, n, true)
      else if (bits === 32) view.setInt32(at, n, true)
      else {
        view.setUint16(at, n & 0xffff, true)
        view.setInt8(at + 2, n >> 16)
      }
    }
  }
  return new Uint8Array(view.buffer)
}
