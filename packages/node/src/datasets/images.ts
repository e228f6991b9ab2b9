/** @file A data set of small gray images with class labels, as this package's data sets give it. */
import { DataError, data } from 'diffeo'
import type { Idx } from './idx.ts'

/** Gray images as bytes, one after the other, and a label each. */
export interface RawImages {
  readonly pixels: Uint8Array
  readonly labels: Uint8Array
  readonly height: number
  readonly width: number
}

export interface ImageSplit {
  /** Images as float32 [n, 1, height, width] from 0 to 1, and labels as int32 [n]. */
  readonly dataset: data.TensorDataset<[data.HostRows, data.HostRows]>
  /** One by one, as bytes [1, height, width], with the label: for the transforms of images, which `rescale` ends. */
  readonly examples: data.Dataset<[data.NdArray<Uint8Array>, number]>
  readonly raw: RawImages
}

export interface ImageClasses {
  readonly name: string
  /** Where it came from and what it is: print it. */
  readonly description: string
  readonly classNames: readonly string[]
  readonly train: ImageSplit
  readonly test: ImageSplit
}

export function imageSplit(raw: RawImages): ImageSplit {
  const { pixels, labels, height, width } = raw
  const x = new Float32Array(pixels.length)
  for (let i = 0; i < pixels.length; i++) x[i] = pixels[i] / 255
  const images: data.HostRows = { data: x, shape: [labels.length, 1, height, width] }
  const classes: data.HostRows = { data: Int32Array.from(labels), shape: [labels.length] }
  const examples: ImageSplit['examples'] = {
    length: labels.length,
    get: i => [
      { data: pixels.subarray(i * height * width, (i + 1) * height * width), shape: [1, height, width] },
      labels[i],
    ],
  }
  return { dataset: new data.TensorDataset(images, classes), examples, raw }
}

export function fromIdx(images: Idx, labels: Idx, classes: number, path: string): RawImages {
  const [count, height, width] = images.shape
  if (images.shape.length !== 3) throw new DataError(`${path}: images have ${images.shape.length} axes, not 3`)
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new DataError(`${path}: ${count} images and ${labels.shape[0]} labels`)
  const wrong = labels.data.findIndex(l => l >= classes)
  if (wrong >= 0) throw new DataError(`${path}: label ${wrong} is ${labels.data[wrong]}; there are ${classes} classes`)
  return { pixels: images.data, labels: labels.data, height, width }
}

/** Some of the images, in the order of `indices`. */
export function pick({ pixels, labels, height, width }: RawImages, indices: readonly number[]): RawImages {
  const size = height * width
  const out = new Uint8Array(indices.length * size)
  indices.forEach((from, i) => out.set(pixels.subarray(from * size, (from + 1) * size), i * size))
  return { pixels: out, labels: Uint8Array.from(indices, i => labels[i]), height, width }
}
