/** @file `nn.init`: each fills a parameter that is there, or makes a tensor of a shape. */
export { constant, ones, zeros } from './constant.ts'
export { fans, gain, type Nonlinearity } from './fan.ts'
export { kaimingNormal, kaimingUniform, type KaimingOptions } from './kaiming.ts'
export { normal, uniform } from './uniform.ts'
export { xavierNormal, xavierUniform, type XavierOptions } from './xavier.ts'
