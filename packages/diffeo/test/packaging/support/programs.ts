/** @file The programs that are run from tarballs and pages: P1's step, and a small MLP. */
import { subpaths } from './stage.ts'

const hasOptim = (): boolean => subpaths().there.includes('optim')

/** The loss of each of 20 steps of P1 with batch 16, as `losses(): Promise<number[]>`. */
export const p1 = (): string => `
import { compile, device, gradients, rand, randint, seed } from 'diffeo'
import {
  Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, crossEntropy,
} from 'diffeo/nn'
${optimImport()}
export async function losses(steps = 20) {
  seed(0)
  const model = new Sequential(
    new Conv2d(1, 32, 3), new ReLU(), new MaxPool2d(2), new Conv2d(32, 64, 3), new ReLU(), new MaxPool2d(2),
    new Flatten(), new Linear(1600, 128), new ReLU(), new Linear(128, 10),
  )
  ${optimizer('1e-3')}
  const step = compile((x, y) => {
    const loss = crossEntropy(model.forward(x), y)
    minimize(loss)
    return loss
  })
  const x = rand([16, 1, 28, 28])
  const y = randint(0, 10, [16])
  const out = []
  for (let i = 0; i < steps; i++) out.push(await step(x, y).item())
  return out
}
export { device }
`

/** Two layers on random data; throws unless the loss falls. */
export const mlp = (): string => `
import { compile, device, gradients, rand, randint, seed } from 'diffeo'
import { Linear, ReLU, Sequential, crossEntropy } from 'diffeo/nn'
${optimImport()}
export async function losses(steps = 30) {
  seed(0)
  const model = new Sequential(new Linear(20, 32), new ReLU(), new Linear(32, 3))
  ${optimizer('1e-2')}
  const step = compile((x, y) => {
    const loss = crossEntropy(model.forward(x), y)
    minimize(loss)
    return loss
  })
  const x = rand([32, 20])
  const y = randint(0, 3, [32])
  const out = []
  for (let i = 0; i < steps; i++) out.push(await step(x, y).item())
  if (!(out.at(-1) < out[0])) throw new Error('the loss does not fall: ' + out)
  return out
}
export { device }
`

const optimImport = (): string => (hasOptim() ? "import { Adam } from 'diffeo/optim'" : '')

/** Adam; while there is no diffeo/optim, gradient descent by hand. */
const optimizer = (lr: string): string => (hasOptim()
  ? `const adam = new Adam(model.parameters(), { lr: ${lr} })
  const minimize = loss => adam.minimize(loss)`
  : `const parameters = model.parameters()
  const descend = (p, g) => p.assign(p.sub(g.mul(0.05)))
  const minimize = loss => gradients(loss, parameters).forEach((g, i) => descend(parameters[i], g))`)

export const printed = `
import { device, losses } from './program.mjs'
console.log(JSON.stringify({ device: device(), losses: await losses() }))
`

/** The same through require(). */
export const required = `
const { compile, tensor } = require('diffeo')
const nn = require('diffeo/nn')
if (nn.Linear !== require('diffeo/nn').Linear) throw new Error('two modules')
const model = new nn.Linear(2, 1)
const f = compile(x => model.forward(x).sum())
f(tensor([[1, 2]])).item().then(v => console.log(Number.isFinite(v)))
`
/** One Tensor class, whichever subpaths are imported. */
export const oneClass = (): string => `
import { Tensor } from 'diffeo'
import * as root from 'diffeo'
${subpaths().there.map(p => `import * as ${p} from 'diffeo/${p}'`).join('\n')}
const parameter = new nn.Linear(2, 1).parameters()[0]
if (!(parameter instanceof Tensor)) throw new Error('a parameter is no Tensor of the root')
for (const [name, part] of Object.entries({ ${subpaths().there.join(', ')} })) {
  if (Object.keys(part).length === 0) throw new Error('diffeo/' + name + ' exports nothing')
  for (const key of Object.keys(part)) {
    if (root[name] && root[name][key] !== part[key]) throw new Error(name + '.' + key + ' is another object')
  }
}
console.log('one')
`
