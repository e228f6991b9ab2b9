/** @file The contract of values, compile, data and names, on 'native'. */
process.env.DIFFEO_DEVICE = 'native'
const suite = '../../unit/tensor/contract'
for (const name of ['values', 'compile', 'data', 'names']) await import(`${suite}/${name}.test.ts`)
export {}
