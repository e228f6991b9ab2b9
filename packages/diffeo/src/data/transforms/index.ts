/** @file `data.transforms`: images with their boxes and masks, sound, series. */
export { randAugment, trivialAugment, type RandAugmentOptions } from './augment.ts'
export {
  amplitudeToDB, melFilters, melSpectrogram, mfcc, specAugment, spectrogram, type DecibelOptions, type MelOptions,
  type MfccOptions, type SpecAugmentOptions, type SpectrogramOptions,
} from './audio.ts'
export {
  colorJitter, cutout, gaussianNoise, grayscale, normalize, rescale, type ColorJitterOptions, type CutoutOptions,
} from './colour.ts'
export {
  affine, centerCrop, horizontalFlip, pad, randomAffine, randomCrop, randomHorizontalFlip, randomResizedCrop,
  randomRotation, randomVerticalFlip, resize, rotate, verticalFlip, type AffineOptions, type RandomAffineOptions,
} from './geometry.ts'
export { randomPerspective, type RandomPerspectiveOptions } from './perspective.ts'
export { fixLength, resample, type ResampleOptions } from './resample.ts'
export {
  compose, randomApply, randomChoice, type ImageArray, type ImageSample, type ImageTransform,
} from './sample.ts'
export type { Heard, Sound, SoundTransform } from './sound.ts'
