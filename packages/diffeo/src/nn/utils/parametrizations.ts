/** @file `nn.utils.parametrizations`. */
export { spectralNorm, type SpectralNormOptions } from './spectral-norm.ts'
export { weightNorm } from './weight-norm.ts'
