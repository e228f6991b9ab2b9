/** @file IDX files, the format of MNIST, often gzipped. */
import { data } from 'diffeo'
import { readBytes } from './read.ts'

export interface Idx { readonly shape: readonly number[]; readonly data: Uint8Array }

/** More than any of these files holds: what a lying file may make us allocate. */
const longest = 1 << 28

/** @throws DataError saying what is wrong with the file */
export const readIdx = async (path: string): Promise<Idx> => parseIdx(await readBytes(path, longest), path)

/** The bytes of an IDX file, with their shape. @throws FormatError where it holds other than bytes, too */
export function parseIdx(bytes: Uint8Array, path = 'IDX'): Idx {
  const { data: values, shape } = data.parseIdx(bytes, path)
  if (values instanceof Uint8Array) return { data: values, shape }
  throw new data.FormatError(path, 2, `its elements are of type ${bytes[2]}, not bytes (8): read them by data.parseIdx`)
}
