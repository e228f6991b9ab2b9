/** @file Fashion-MNIST: 70,000 pieces of clothing in 28×28. */
import { findIdx, foldersFor, idxFiles } from './find.ts'
import type { ImageClasses } from './images.ts'
import { MissingData } from './missing.ts'
import { idxClasses } from './mnist.ts'

/** Where Debian's package dataset-fashion-mnist puts it. */
const debian = '/usr/share/datasets/fashion-mnist'

export const clothingNames: readonly string[] =
  ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot']

/**
 * 60,000 to train and 10,000 to test. @param options.path the folder of its four IDX files
 * @throws MissingData saying what to do where the data is not there
 */
export async function fashionMnist({ path }: { path?: string } = {}): Promise<ImageClasses> {
  const folders = foldersFor('fashion-mnist', path, [debian])
  const paths = await findIdx(folders)
  if (!paths) {
    throw new MissingData(
      `fashionMnist: the four files ${Object.values(idxFiles).join(', ')} (or .gz) are in none of ${folders.join(', ')}`,
      'apt-get install dataset-fashion-mnist on Debian and Ubuntu; elsewhere put them into a folder and name it by DIFFEO_DATA or { path }',
    )
  }
  return idxClasses(
    'fashion-mnist',
    'Fashion-MNIST with its official split: 60,000 to train and 10,000 to test',
    clothingNames,
    paths,
  )
}
