/** @file Image files as gray pixels, through sharp, which is loaded when it is needed. */
import { DataError } from 'diffeo'

/** Pixels from 0 (black) to 255 (white), row by row. */
export interface GrayImage { readonly pixels: Uint8Array; readonly width: number; readonly height: number }

/** Above this many pixels a file is refused: it would fill the memory. */
const mostPixels = 100_000_000

type Sharp = (typeof import('sharp'))['default']

async function loadSharp(): Promise<Sharp> {
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
