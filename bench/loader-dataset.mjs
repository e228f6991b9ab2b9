/**
 * @file The data set of bench/loader.mjs, as the main thread and each worker make it: pictures, cut out, turned,
 * jittered.
 */
import { data } from 'diffeo'
import { datasets } from '@diffeo/node'

const { transforms } = data

export default async function pictures({ path, side }) {
  const augment = transforms.compose(
    transforms.randomResizedCrop(side, { scale: [0.4, 1] }), transforms.randomHorizontalFlip(),
    transforms.colorJitter({ brightness: 0.2, contrast: 0.2 }), transforms.rescale(),
  )
  return new data.TransformDataset(await datasets.imageFolder(path), augment, { seed: 0 })
}
