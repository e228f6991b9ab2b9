/** @file Arrays from and to files of NumPy, and sound from WAV. */
import { data, Tensor } from 'diffeo'
import { writeWhole } from './find.ts'
import { readBytes } from './read.ts'

/** The array of a .npy file. @example const x = await datasets.npy('x.npy'); new data.TensorDataset(x) */
export const npy = async (path: string): Promise<data.NdArray> => data.parseNpy(await readBytes(path), path)
/** The arrays of an .npz file by name. @example const { x, y } = await datasets.npz('set.npz') */
export const npz = async (path: string): Promise<Record<string, data.NdArray>> =>
  data.parseNpz(await readBytes(path), path)

const host = async (x: data.NdArray | Tensor): Promise<data.NdArray> =>
  (x instanceof Tensor ? { data: await x.data(), shape: x.shape, dtype: x.dtype } : x)

/** Writes a .npy file, whole or not at all. @example await datasets.saveNpy('x.npy', tensor([1, 2])) */
export const saveNpy = async (path: string, array: data.NdArray | Tensor): Promise<void> =>
  writeWhole(path, data.encodeNpy(await host(array)))
/** Writes an .npz file, whole or not at all. @example await datasets.saveNpz('set.npz', { x, y }) */
export async function saveNpz(path: string, arrays: Readonly<Record<string, data.NdArray | Tensor>>): Promise<void> {
  const found = await Promise.all(Object.entries(arrays).map(async ([name, x]) => [name, await host(x)] as const))
  await writeWhole(path, await data.encodeNpz(Object.fromEntries(found)))
}

/** The sound of a WAV file. @example const { data: samples, sampleRate } = await datasets.wav('one.wav') */
export const wav = async (path: string): Promise<data.Audio> => data.parseWav(await readBytes(path), path)
