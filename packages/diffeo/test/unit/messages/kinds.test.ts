/**
 * @file Values of the wrong kind, as JavaScript lets them pass: an error of the library's, at the call, that says what
 * to write.
 */
import { describe, expect, test } from 'vitest'
import '../nn/setup.ts'
import * as data from '../../../src/data/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import * as t from '../../../src/tensor/index.ts'
import {
  DataError,
  DeviceError,
  DiffeoError,
  DTypeError,
  GradientError,
  ShapeError,
  TraceError,
} from '../../../src/util/errors.ts'

const { compile, grad, gradients, jvp, ones, slice, tensor, vjp, zeros } = t
const x: any = tensor([[1, 2, 3], [4, 5, 6]])
const labels = tensor([0, 2], { dtype: 'int32' })
const model: any = new nn.Linear(3, 3)
const adam: any = new optim.Adam(model.parameters())
const lstm = new nn.LSTM(3, 2)
class Doubled extends nn.Module {
  forward(a: t.Tensor): t.Tensor { return a.mul(2) }
}
/** What TypeScript would refuse. */
const js = <F>(f: F): any => f

type Case = readonly [what: string, call: () => unknown, error: new (m: string) => Error, message: RegExp]
const table = (cases: readonly Case[]): void => {
  test.each(cases)('%s', (_, call, error, message) => {
    expect(call).toThrow(error)
    expect(call).toThrow(message)
  })
}

describe('making tensors', () => {
  table([
    ['sizes one by one', () => js(zeros)(2, 3), ShapeError, /got 2: sizes come in one array, as in \[2\] or \[2, 3\]/],
    [
      "another library's dtype",
      () => tensor([1], { dtype: js('float') }),
      DTypeError,
      /'float' is no dtype: use 'float32'/,
    ],
    ['int64', () => zeros([1], { dtype: js('int64') }), DTypeError, /use 'int32'/],
    ['a misspelt dtype', () => x.cast('flaot32'), DTypeError, /use 'float32'/],
    ['to a dtype of another name', () => x.to('double'), DTypeError, /use 'float64'/],
    ['full of nothing', () => js(t.full)([2]), DTypeError, /the value is undefined/],
    ['linspace without its count', () => js(t.linspace)(0, 1), ShapeError, /count is undefined/],
    ['two open sizes', () => x.reshape(-1, -1), ShapeError, /one size can be -1.*got \[-1,-1\]/],
    ['tril with options', () => js(t.tril)(x, { diagonal: 1 }), ShapeError, /k, the diagonal, is an object/],
  ])
})

describe('operands and axes', () => {
  table([
    ['a text', () => x.add('1'), ShapeError, /the other operand is the text '1'/],
    [
      'an axis in an object',
      () => x.sum({ axis: 0 }),
      ShapeError,
      /the axis is an object, and must be a number, or an array/,
    ],
    ['an axis that is null', () => x.mean(null), ShapeError, /the axis is null/],
    [
      'an axis that is an argument of compile',
      () => compile((a: any, k: any) => a.sum(k))(x, 1),
      TraceError,
      /value of a number argument/,
    ],
    [
      'null among numbers',
      () => tensor([null, 1] as never),
      DTypeError,
      /tensor: \[0\] is null: only numbers and booleans do/,
    ],
    [
      'logits and labels swapped',
      () => nn.crossEntropy(tensor([0], { dtype: 'int32' }), tensor([[1, 2]])),
      DTypeError,
      /they come first, crossEntropy\(logits, target\)/,
    ],
    ['a quantile that is a tensor', () => x.quantile(x), ShapeError, /quantile: q is a Tensor, and must be a number/],
    [
      'numbers of compile in an array',
      () => compile((a: any, k: any) => a.add(k))(x, [1, 2, 3]),
      DTypeError,
      /a number argument of compile: pass the numbers as one tensor/,
    ],
    [
      'an index that is no array',
      () => x.indexSet(0, 1),
      ShapeError,
      /they come in one array, as in x\.indexSet\(\[0\], value\)/,
    ],
    [
      'numbers of compile in place of a tensor',
      () => compile((a: any) => a.relu(), { name: 'f' })([1, 2, 3]),
      DTypeError,
      /compile\('f'\): argument 0 is an array of numbers, no tensor: write tensor\(\[\.\.\.\]\)/,
    ],
    [
      'a promise of compile',
      () => compile((a: any) => a.relu())(Promise.resolve(x)),
      DTypeError,
      /argument 0 is a Promise, no tensor: await it/,
    ],
    ['compile of a tensor', () => js(compile)(x), TraceError, /compile takes a function of tensors, got a Tensor/],
  ])
  test('a slice whose step is null, as its start and stop may be', () => {
    expect(x.index(0, slice(0, 2, null)).arraySync()).toEqual([1, 2])
  })
})

describe('derivatives', () => {
  table([
    [
      'of a number',
      () => js(grad((a: any) => a.mul(a)))(3),
      GradientError,
      /argument 0 is 3: derivatives are by tensors: pass tensor\(3\)/,
    ],
    [
      'of numbers',
      () => js(grad((a: any) => a.w.sum()))({ w: [1, 2] }),
      GradientError,
      /argument 0 is an object.*pass tensors/,
    ],
    [
      'gradients of one tensor',
      () => js(gradients)(x.sum(), x),
      GradientError,
      /gradients\(loss, \[w\]\): got a Tensor/,
    ],
    ['gradients of a promise', () => js(gradients)(x.sum().item(), [x]), GradientError, /the loss is a Promise/],
    ['jvp without arrays', () => js(jvp)((a: any) => a.square(), x, x), GradientError, /jvp\(f, \[x\], \[dx\]\)/],
    [
      'vjp with an array',
      () => js(vjp)((a: any) => a.square(), [x]),
      GradientError,
      /passed one by one: vjp\(f, x, y\)/,
    ],
  ])
  test('a function of a tree is given arrays', () => {
    const [y, back] = vjp(([a, b]: t.Tensor[]) => a.mul(b), [tensor(2), tensor(3)])
    expect(y.itemSync()).toBe(6)
    expect(back(tensor(1))[0].map((g: t.Tensor) => g.itemSync())).toEqual([3, 2])
  })
})

describe('losses and layers', () => {
  table([
    [
      'labels in an array',
      () => js(nn.crossEntropy)(x, [0, 1]),
      DTypeError,
      /the target is an array of numbers.*tensor\(\[\.\.\.\]\)/,
    ],
    [
      'weights in an array',
      () => js(nn.crossEntropy)(x, labels, { weight: [1, 2, 3] }),
      DTypeError,
      /the weight is an array/,
    ],
    ['a target in an array', () => js(nn.mseLoss)(x, [[1]]), DTypeError, /the target is an array/],
    [
      'labels as floats',
      () => nn.crossEntropy(x, tensor([0, 1])),
      DTypeError,
      /target\.cast\('int32'\).*\{ labels: 'int32' \}/,
    ],
    [
      'options in the place of the bias',
      () => js(nn.conv2d)(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), { padding: 1 }),
      DTypeError,
      /the third argument, the bias, is an object/,
    ],
    [
      'no forward',
      () => new (js(class Bare extends (nn.Module as any) {}))().forward(x),
      DiffeoError,
      /Bare has no forward/,
    ],
    ['an array', () => model.forward([1, 2, 3]), DTypeError, /linear: the input is an array of numbers.*tensor\(\[/],
    ['nothing', () => model.forward(), DTypeError, /the input is undefined, and must be a tensor/],
    [
      'an array in a container',
      () => js(new nn.Sequential(new nn.ReLU(), model)).forward([1, 2]),
      DTypeError,
      /in 0 \(ReLU\): argument 0 is an array of numbers, no tensor: write tensor\(\[/,
    ],
    [
      'a promise in a module of one\'s own',
      () => new Doubled().forward(js(Promise.resolve(x))),
      DTypeError,
      /in Doubled: argument 0 is a Promise, no tensor: await it \(.*mul is not a function\)/,
    ],
    ['arrays for LSTM', () => js(lstm).forward([[1, 2, 3]]), DTypeError, /LSTM: the input is an array/],
    ['an array for a cell', () => js(new nn.GRUCell(3, 2)).forward([1, 2, 3]), DTypeError, /GRUCell: the input is/],
    [
      'lengths in the place of the state',
      () => js(lstm).forward(ones([2, 1, 3]), { lengths: [2] }),
      DTypeError,
      /the initial state, is an object.*lengths come third: forward\(x, null, \{ lengths \}\)/,
    ],
    [
      'a mask in the place of masks',
      () => js(new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 1), 1)).forward(ones([2, 1, 4]), x),
      DiffeoError,
      /TransformerEncoder\.forward: options come in one object, \{ mask,.*got a Tensor/,
    ],
    ['a size that is a text', () => new nn.Linear(js('3'), 2), ShapeError, /inFeatures is the text '3'/],
    [
      'a state that is a promise',
      () => model.loadStateDict(Promise.resolve({})),
      DataError,
      /a Promise: write loadStateDict\(await load\(path\)\)/,
    ],
    ['a state that is a path', () => model.loadStateDict('m.safetensors'), DataError, /the text 'm\.safetensors'/],
    [
      'a state in a state',
      () => model.loadStateDict({ model: {} }),
      DataError,
      /'model' is an object, and must be a tensor/,
    ],
  ])
})

describe('optimizers', () => {
  table([
    ['a model', () => new (js(optim.SGD))(model), DataError, /the parameters are a Linear: pass model\.parameters\(\)/],
    [
      'a model that is iterable',
      () => new (js(optim.SGD))(new nn.Sequential(model)),
      DataError,
      /a Sequential: pass model\.parameters\(\)/,
    ],
    ['nothing', () => new (js(optim.SGD))(), DataError, /the parameters are undefined/],
    ['EMA of a model', () => new (js(optim.EMA))(model), DataError, /EMA: the parameters are a Linear/],
    ['step without gradients', () => adam.step(), GradientError, /got undefined: from a loss, write minimize\(loss\)/],
    ['minimize a number', () => adam.minimize(3), GradientError, /Adam\.minimize: the loss is 3/],
    [
      'minimize a promise',
      () => adam.minimize(x.sum().item()),
      GradientError,
      /the loss is a Promise, .*not its item\(\)/,
    ],
    [
      'a schedule of parameters',
      () => new (js(optim.StepLR))(model.parameters(), 1),
      DataError,
      /must be an optimizer/,
    ],
    [
      'options in the place of a number',
      () => new (js(optim.ExponentialLR))(adam, { gamma: 0.9 }),
      DataError,
      /gamma is an object/,
    ],
    ['no milestones', () => new (js(optim.MultiStepLR))(adam, 3), DataError, /the milestones are 3/],
    [
      'parameters for gradients',
      () => js(optim.clipGradNorm)(model.parameters(), 1),
      GradientError,
      /these are Parameters, not gradients.*minimize\(loss, \{ clipNorm: 1 \}\)/,
    ],
    ['parameters by value', () => js(optim.clipGradValue)(model.parameters(), 1), GradientError, /not gradients/],
    [
      "a group under PyTorch's name",
      () => new (js(optim.Adam))([{ params: model.parameters() }]),
      DataError,
      /Adam, group 0 has 'params' and no 'parameters': did you mean 'parameters'\?/,
    ],
    ['gradients of clipping', () => js(optim.clipGradNorm)(x, 1), GradientError, /array of gradients, got a Tensor/],
  ])
  test('what is assigned to a group is set, or an error', () => {
    const group: any = new optim.AdamW(model.parameters()).groups[0]
    group.weightDecay = 0.5
    expect([group.weightDecay, group.options.weightDecay]).toEqual([0.5, 0.5])
    expect(() => { group.weightDecay = -1 }).toThrow(/weightDecay is -1/)
    expect(() => { group.weight_decay = 0 }).toThrow(/weight_decay/)
  })
  test('all parameters frozen', () => {
    const frozen = new nn.Linear(3, 1)
    const sgd = new optim.SGD(frozen.parameters())
    frozen.freeze()
    const call = () => sgd.minimize(frozen.forward(x).sum())
    expect(call).toThrow(GradientError)
    expect(call).toThrow(/all parameters of the optimizer are frozen/)
    frozen.bias!.frozen = false
    call()
  })
  test('a model that moved after the optimizer was made', () => {
    const moved = new nn.Linear(3, 1)
    const made = new optim.Adam(moved.parameters())
    moved.to('float64')
    const call = () => made.minimize(moved.forward(x.cast('float64')).sum())
    expect(call).toThrow(DeviceError)
    expect(call).toThrow(
      /was float32 on 'interp' when the optimizer was made, and is float64.*make the optimizer after model\.to\(\)/,
    )
  })
})

describe('data', () => {
  table([
    [
      'arrays',
      () => new (js(data.TensorDataset))([[1, 2]], [1]),
      DataError,
      /source 0 is an array: pass tensor\(rows\)/,
    ],
    [
      'x and y in one array',
      () => js(data.trainTestSplit)([x, labels]),
      DataError,
      /2 tensors of 2 rows in one array.*trainTestSplit\(x, y, \{ testSize \}\)/,
    ],
    ['a scaler of arrays', () => js(new data.StandardScaler()).fit([[1, 2]]), DTypeError, /fit: the input is an array/],
    [
      'sources in an array',
      () => new (js(data.TensorDataset))([x, x]),
      DataError,
      /one by one, new TensorDataset\(x, y\)/,
    ],
  ])
  test('a generator has one pass', async () => {
    const loader = new data.DataLoader((function* () { yield [1, 2] })(), { batchSize: 2 })
    const pass = async () => { for await (const _ of loader); }
    await pass()
    await expect(pass()).rejects.toThrow(/a generator, which can be gone through once/)
    const empty = new data.DataLoader((function* () {})(), { batchSize: 2 })
    await expect((async () => { for await (const _ of empty); })()).rejects.toThrow(/the data set is empty/)
  })
})
