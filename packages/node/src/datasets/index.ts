/** @file Data sets that lie on disk. */
export { fashionMnist } from './fashion-mnist.ts'
export type { ImageClasses, ImageSplit, RawImages } from './images.ts'
export { parseIdx, readIdx, type Idx } from './idx.ts'
export { mnist, type MnistOptions } from './mnist.ts'
