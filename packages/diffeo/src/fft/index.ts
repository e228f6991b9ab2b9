/**
 * @file Fourier transforms: what torch.fft has, short-time transforms and windows. A complex tensor has a last axis of
 * 2, real and imaginary part.
 */
export { abs, angle, complex, conj, imag, mul, real } from './complex.ts'
export {
  fft,
  fft2,
  fftn,
  hfft,
  hfft2,
  hfftn,
  ifft,
  ifft2,
  ifftn,
  ihfft,
  ihfft2,
  ihfftn,
  irfft,
  irfft2,
  irfftn,
  rfft,
  rfft2,
  rfftn,
  type ManyOptions,
  type Norm,
  type TransformOptions,
} from './transforms.ts'
export { fftfreq, fftshift, ifftshift, rfftfreq, type FrequencyOptions, type ShiftOptions } from './frequencies.ts'
export { istft, stft, type IstftOptions, type StftOptions } from './stft.ts'
export {
  bartlettWindow, blackmanWindow, hammingWindow, hannWindow, kaiserWindow, type WindowOptions,
} from './windows.ts'
