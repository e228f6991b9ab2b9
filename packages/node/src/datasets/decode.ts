/** @file Image files as pixels, through sharp, which is loaded when it is needed. */
import { data, DataError } from 'diffeo'
import { readBytes } from './read.ts'
import { checkWebp, locate } from './locate.ts'

/** Pixels from 0 (black) to 255 (white), row by row. */
export interface GrayImage { readonly pixels: Uint8Array; readonly width: number; readonly height: number }

/** Above this many pixels a file is refused: it would fill the memory. */
const mostPixels = 100_000_000

type Sharp = (typeof import('sharp'))['default']

export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import('sharp')).default
  } catch (error) {
    throw new DataError(
      `images are read by the package sharp, which cannot be loaded here (${(error as Error).message.split('\n')[0]}): npm install sharp`,
      { cause: error },
    )
  }
}

/**
 * Reads PNG, JPEG, WebP, … as gray; what is transparent counts as white, and a photo is turned as its camera says.
 * @throws DataError if there is no such file, or no image in it
 */
export async function readGray(source: string | Uint8Array): Promise<GrayImage> {
  const sharp = await loadSharp()
  const name = typeof source === 'string' ? source : 'the image'
  try {
    const { data, info } = await sharp(source, { limitInputPixels: mostPixels, failOn: 'truncated' })
      .rotate()
      .flatten({ background: '#ffffff' })
      .toColourspace('b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const pixels = new Uint8Array(info.width * info.height)
    for (let i = 0; i < pixels.length; i++) pixels[i] = data[i * info.channels]
    return { pixels, width: info.width, height: info.height }
  } catch (error) {
    throw new DataError(`${name} cannot be read as an image: ${(error as Error).message}`, { cause: error })
  }
}

export interface DecodeOptions {
  /** Gray (1) or red, green, blue (3); 3. */
  channels?: 1 | 3
  /** Brings every image to this height and width, one number being both; a JPEG is decoded no larger than needed. */
  size?: number | readonly [number, number]
  /** How it is brought there: the middle is cut out ('cover'), it is stretched ('fill'), or gets edges ('contain'). */
  fit?: 'cover' | 'fill' | 'contain'
}

/** A function that decodes files. @throws DataError where sharp is not installed */
export async function imageDecoder(
  { channels = 3, size: given, fit = 'cover', ...rest }: DecodeOptions = {},
): Promise<(source: string | Uint8Array, name?: string) => Promise<data.NdArray<Uint8Array>>> {
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    throw new DataError(`images: there is no option '${unknown}'; there are channels, size, fit`)
  const size = typeof given === 'number' ? [given, given] as const : given
  if (size && !(Array.isArray(size) && size.length === 2 && size.every(n => Number.isInteger(n) && n > 0)))
    throw new DataError(
      `images: size is ${JSON.stringify(given)}: expected height and width as whole numbers from 1 up, or one for both`,
    )
  const sharp = await loadSharp()
  return async (source, name = typeof source === 'string' ? source : 'the image') => {
    // as bytes: the decoder keeps what it read of a path, also when the file has changed since
    const bytes = typeof source === 'string' ? await readBytes(source) : source
    checkWebp(bytes, name)
    try {
      let image = sharp(bytes, { limitInputPixels: mostPixels, failOn: 'truncated', sequentialRead: true }).rotate()
      if (size) image = image.resize({ height: size[0], width: size[1], fit, background: '#000000' })
      const { data: pixels, info } = await image
        .flatten({ background: '#ffffff' })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true })
      return { data: planes(pixels, info.channels, channels), shape: [channels, info.height, info.width] }
    } catch (error) {
      throw new data.FormatError(name, locate(bytes), `this cannot be read as an image: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }
}

/** Pixel after pixel to plane after plane. */
function planes(pixels: Uint8Array, found: number, channels: number): Uint8Array {
  const size = pixels.length / found
  const out = new Uint8Array(channels * size)
  for (let c = 0; c < channels; c++) {
    // an image of one channel is gray in all
    const from = Math.min(c, found - 1)
    for (let i = 0, at = c * size; i < size; i++) out[at + i] = pixels[i * found + from]
  }
  return out
}

/**
 * Decodes an image file as bytes `[channels, height, width]`.
 * @throws FormatError naming the file and the byte from which on it is damaged
 * @example const { data: pixels, shape } = await images.readImage('cat.jpg', { size: [224, 224] })
 */
export async function readImage(
  source: string | Uint8Array,
  options?: DecodeOptions,
): Promise<data.NdArray<Uint8Array>> {
  return (await imageDecoder(options))(source)
}
