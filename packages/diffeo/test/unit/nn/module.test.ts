import { beforeEach, describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import {
  compile, grad, gradients, ones, Parameter, randn, seed, tensor, vmap, zeros, type Tensor,
} from '../../../src/tensor/index.ts'
import { DataError, DTypeError, ShapeError } from '../../../src/util/errors.ts'

class Attention extends nn.Module {
  proj = new nn.Linear(4, 8)
  forward(x: Tensor): Tensor { return this.proj.forward(x) }
}
class Block extends nn.Module {
  attention = new Attention()
  heads = [new nn.Linear(8, 2), new nn.Linear(8, 2)]
  named = { left: { norm: new nn.LayerNorm(8) }, scale: new Parameter(ones([1])) }
  size = 3
  missing = null
  forward(x: Tensor): Tensor {
    const h = this.named.left.norm.forward(this.attention.forward(x)).mul(this.named.scale)
    return this.heads[0].forward(h).add(this.heads[1].forward(h))
  }
}
class Doubled extends Attention {
  override forward(x: Tensor): Tensor { return super.forward(x).mul(2) }
}
class Model extends nn.Module {
  encoder = { layer2: new Block() }
  forward(x: Tensor): Tensor { return this.encoder.layer2.forward(x) }
}

beforeEach(() => seed(0))

describe('what a module holds', () => {
  test('own properties, arrays and plain objects, own parameters first', () => {
    const names = new Block().namedParameters().map(([name]) => name)
    expect(names).toEqual([
      'named.scale',
      'attention.proj.weight',
      'attention.proj.bias',
      'heads.0.weight',
      'heads.0.bias',
      'heads.1.weight',
      'heads.1.bias',
      'named.left.norm.weight',
      'named.left.norm.bias',
    ])
  })
  test('children, modules, buffers', () => {
    const block = new Block()
    expect(block.namedChildren().map(([name]) => name)).toEqual(['attention', 'heads.0', 'heads.1', 'named.left.norm'])
    expect(block.children()).toContain(block.attention)
    expect(block.modules()[0]).toBe(block)
    expect(block.modules()).toContain(block.attention.proj)
    expect(new nn.BatchNorm1d(3).namedBuffers().map(([name]) => name)).toEqual([
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ])
  })
  test('what is shared comes once among parameters, and under each name in the state', () => {
    const layer = new nn.Linear(2, 2)
    const model = new nn.Sequential(layer, layer)
    expect(model.parameters()).toHaveLength(2)
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '1.weight', '1.bias'])
  })
  test('two layers are tied by giving one the parameter of the other', () => {
    class Tied extends nn.Module {
      embed = new nn.Embedding(3, 2)
      head = new nn.Linear(2, 3, { bias: false })
      constructor() { super(); this.head.weight = this.embed.weight }
      forward(ids: Tensor): Tensor { return this.head.forward(this.embed.forward(ids)) }
    }
    const model = new Tied()
    expect(model.parameters()).toHaveLength(1)
    expect(Object.keys(model.stateDict())).toEqual(['embed.weight', 'head.weight'])
    model.to('float64')
    expect(model.head.weight).toBe(model.embed.weight)
  })
  test('cycles end', () => {
    class Cyclic extends nn.Module {
      inner = new nn.Linear(1, 1)
      self: nn.Module = this
      loop: unknown[] = []
      forward(x: Tensor): Tensor { return this.inner.forward(x) }
    }
    const model = new Cyclic()
    model.loop.push(model.loop)
    expect(model.parameters()).toHaveLength(2)
    expect(Object.keys(model.stateDict())).toEqual(['inner.weight', 'inner.bias'])
    expect(model.modules()).toHaveLength(2)
  })
  test('containers', () => {
    const list = new nn.ModuleList([new nn.Linear(1, 2)]).append(new nn.Linear(2, 3)).extend([new nn.Linear(3, 4)])
    expect(list.namedParameters().map(([n]) => n)).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '2.weight',
      '2.bias',
    ])
    expect([...list].map(m => m.weight.shape[0])).toEqual([2, 3, 4])
    expect(list.at(-1)?.weight.shape).toEqual([4, 3])
    expect(() => list.forward()).toThrow('ModuleList has no forward')
    const dict = new nn.ModuleDict<nn.Module>({ a: new nn.Linear(1, 1) }).set('b', new nn.ReLU())
    expect(dict.keys()).toEqual(['a', 'b'])
    expect(dict.has('a')).toBe(true)
    expect(dict.get('b')).toBeInstanceOf(nn.ReLU)
    expect(() => dict.get('c')).toThrow("there is no 'c': it has a, b")
    expect(() => dict.forward()).toThrow('ModuleDict has no forward')
    expect([...dict].map(([name]) => name)).toEqual(['a', 'b'])
  })
  test('Sequential: in order, under names, appended, and of modules only', () => {
    const model = new nn.Sequential({ first: new nn.Linear(2, 3), act: new nn.ReLU() }).append(new nn.Linear(3, 1))
    expect(Object.keys(model.stateDict())).toEqual(['first.weight', 'first.bias', '2.weight', '2.bias'])
    expect(model.forward(ones([5, 2])).shape).toEqual([5, 1])
    expect(model.length).toBe(3)
    expect(model.at(1)).toBeInstanceOf(nn.ReLU)
    expect(new nn.Sequential().forward(ones([2])).shape).toEqual([2])
    expect(() => new nn.Sequential(nn.ReLU as never)).toThrow("'0' is a class or function: write new")
    expect(() => new nn.Sequential({ a: 3 as never })).toThrow("'a' is 3, not a module")
  })
})

describe('forward', () => {
  test('is wrapped on the instance alone, and super.forward is the plain method', () => {
    const calls: string[] = []
    const model = new Doubled()
    model.onForward(m => { calls.push(m.constructor.name) })
    model.forward(ones([1, 4]))
    expect(calls).toEqual(['Doubled'])
    expect(Object.keys(model)).toEqual(['proj'])
    expect(Doubled.prototype.forward.length).toBe(1)
  })
  test('an error names the path of the layer, once', () => {
    expect(() => new Model().forward(ones([2, 5])))
      .toThrow(/^in encoder\.layer2\.attention\.proj \(Linear 4→8\): linear: the last axis of the input \[2,5\] is 5/)
    expect(() => new nn.Linear(4, 8).forward(ones([2, 5]))).toThrow(/^in Linear 4→8: linear/)
    try {
      new Model().forward(ones([2, 5]))
    } catch (e) {
      expect(e).toBeInstanceOf(ShapeError)
      expect((e as Error).stack).toContain('in encoder.layer2.attention.proj (Linear 4→8): linear')
    }
  })
  test('after an error the path begins anew', () => {
    const model = new Model()
    expect(() => model.forward(ones([2, 5]))).toThrow()
    expect(() => model.encoder.layer2.forward(ones([2, 5]))).toThrow(/^in attention\.proj \(/)
  })
  test('hooks see inputs and outputs, may replace these, and go', () => {
    const layer = new nn.ReLU()
    const seen: number[][] = []
    const stop = layer.onForward((_, [x], y) => { seen.push([x.itemSync(), y.itemSync()]) })
    const stopTwice = layer.onForward((_m, _x, y) => y.mul(2))
    expect(layer.forward(tensor(3)).itemSync()).toBe(6)
    stop()
    stopTwice()
    expect(layer.forward(tensor(3)).itemSync()).toBe(3)
    expect(seen).toEqual([[3, 3]])
  })
  test('a hook added later reaches compiled functions', () => {
    const layer = new nn.ReLU()
    const f = compile((x: Tensor) => layer.forward(x))
    expect(f(tensor([1])).dataSync()[0]).toBe(1)
    const stop = layer.onForward((_m, _x, y) => y.mul(2))
    expect(f(tensor([1])).dataSync()[0]).toBe(2)
    stop()
    expect(f(tensor([1])).dataSync()[0]).toBe(1)
  })
})

describe('state', () => {
  test('a snapshot, which comes back', () => {
    const model = new Block()
    const before = model.stateDict()
    const x = randn([3, 4])
    const y = model.forward(x).dataSync()
    for (const p of model.parameters()) p.assign(p.mul(2))
    expect(model.forward(x).dataSync()).not.toEqual(y)
    expect(model.loadStateDict(before)).toEqual({ missing: [], unexpected: [] })
    expect(model.forward(x).dataSync()).toEqual(y)
  })
  test('all or nothing', () => {
    const model = new nn.Linear(2, 3)
    const before = model.stateDict()
    const state = { weight: zeros([3, 2]), bias: zeros([4]) }
    expect(() => model.loadStateDict(state)).toThrow(ShapeError)
    expect(() => model.loadStateDict(state)).toThrow("'bias' has shape [4], the module's has [3]. Nothing was loaded")
    expect(model.weight.dataSync()).toEqual(before.weight.dataSync())
  })
  test('missing and unexpected names', () => {
    const model = new nn.Linear(2, 3)
    const state = { weight: zeros([3, 2]), other: zeros([1]) }
    expect(() => model.loadStateDict(state)).toThrow(DataError)
    expect(() => model.loadStateDict(state)).toThrow(/missing are bias; unexpected are other/)
    expect(model.loadStateDict(state, { strict: false })).toEqual({ missing: ['bias'], unexpected: ['other'] })
    expect(model.weight.dataSync().every(v => v === 0)).toBe(true)
  })
  test('values are cast to the dtype that is there', () => {
    const model = new nn.Linear(1, 1, { bias: false })
    model.loadStateDict({ weight: tensor([[0.1]], { dtype: 'float64' }) })
    expect(model.weight.dtype).toBe('float32')
    expect(model.weight.itemSync()).toBe(Math.fround(0.1))
  })
  test('to: floats are cast, integers stay, the parameters are the same objects', () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3))
    const [weight] = model.parameters()
    expect(model.to('float64')).toBe(model)
    expect(model.parameters()[0]).toBe(weight)
    expect(model.stateDict()['0.weight'].dtype).toBe('float64')
    expect(model.stateDict()['1.num_batches_tracked'].dtype).toBe('int32')
    expect(model.forward(zeros([4, 2], { dtype: 'float64' })).dtype).toBe('float64')
    expect(() => model.to('int8')).toThrow(DTypeError)
    expect(model.to('interp')).toBe(model)
  })
})

describe('modes', () => {
  test('train and eval, all the way down', () => {
    const model = new nn.Sequential(new nn.Sequential(new nn.Dropout()))
    expect(model.training).toBe(true)
    model.eval()
    expect(model.modules().map(m => m.training)).toEqual([false, false, false])
    model.train()
    expect(model.modules().every(m => m.training)).toBe(true)
  })
  test('compiled functions follow the mode', () => {
    const layer = new nn.Dropout(1)
    const f = compile((x: Tensor) => layer.forward(x))
    expect(f(ones([2])).dataSync()).toEqual(Float32Array.of(0, 0))
    layer.eval()
    expect(f(ones([2])).dataSync()).toEqual(Float32Array.of(1, 1))
  })
  test('freeze and unfreeze', () => {
    const model = new Block()
    model.attention.freeze()
    expect(model.parameters().filter(p => p.frozen)).toHaveLength(2)
    model.unfreeze()
    expect(model.parameters().some(p => p.frozen)).toBe(false)
  })
  test('apply: those inside first', () => {
    const seen: string[] = []
    new nn.Sequential(new nn.ReLU(), new nn.Tanh()).apply(m => { seen.push(m.describe()) })
    expect(seen).toEqual(['Tanh', 'ReLU', 'Sequential'])
  })
})

describe('summary', () => {
  test('paths, shapes and counts', () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(4 * 36, 10),
    )
    model.at(0)!.freeze()
    const text = model.summary([2, 1, 8, 8])
    expect(text).toContain('Conv2d 1→4, 3×3')
    expect(text).toContain('[2, 4, 6, 6]')
    expect(text).toContain('1,498 parameters (1,458 trained, 40 frozen)')
    expect(model.training).toBe(true)
    // it ran in evaluation mode: the running statistics are as they were
    expect(model.stateDict()['1.num_batches_tracked'].itemSync()).toBe(0)
  })
  test('of several inputs, and of ids', () => {
    class Two extends nn.Module<[Tensor, Tensor]> {
      a = new nn.Linear(2, 3)
      forward(x: Tensor, y: Tensor): Tensor { return this.a.forward(x).add(y) }
    }
    expect(new Two().summary([[5, 2], [5, 3]])).toContain('[5, 3]')
    expect(new nn.Embedding(10, 4).summary([2, 3], { dtype: 'int32' })).toContain('[2, 3, 4]')
  })
  test('a parameter that is not found is named', () => {
    class Hidden extends nn.Module {
      #inner = new nn.Linear(2, 3)
      forward(x: Tensor): Tensor { return this.#inner.forward(x) }
    }
    expect(() => new Hidden().summary([1, 2])).toThrow(
      /Hidden: forward reads parameters that parameters\(\) does not find: .*Linear\.weight \[3,2\]/,
    )
  })
  test('modules print as a tree', () => {
    expect(String(new nn.Sequential(new nn.Linear(2, 3), new nn.Sequential(new nn.ReLU()))))
      .toBe('Sequential(\n  (0): Linear 2→3\n  (1): Sequential(\n    (0): ReLU\n  )\n)')
  })
})

describe('functionalCall', () => {
  const model = new nn.Linear(2, 1, { bias: false })
  test('other values, and the module as it was', () => {
    const before = model.weight.dataSync()
    expect(nn.functionalCall(model, { weight: tensor([[1, 2]]) }, tensor([[3, 4]])).itemSync()).toBe(11)
    expect(model.weight).toBeInstanceOf(Parameter)
    expect(model.weight.dataSync()).toEqual(before)
  })
  test('one gradient an example', () => {
    const loss = (w: { weight: Tensor }, x: Tensor): Tensor => nn.functionalCall(model, w, x).sum()
    const each = vmap(
      (x: Tensor) => grad((w: { weight: Tensor }) => loss(w, x.unsqueeze(0)))({ weight: tensor([[1, 2]]) }).weight,
    )
    expect(
      each(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).arraySync(),
    ).toEqual([[[1, 2]], [[3, 4]]])
  })
  test('shared parameters are replaced under all their names', () => {
    const layer = new nn.Linear(1, 1, { bias: false })
    expect(
      nn.functionalCall(new nn.Sequential(layer, layer), { '0.weight': tensor([[3]]) }, tensor([[1]])).itemSync(),
    ).toBe(9)
  })
  test('errors', () => {
    expect(() => nn.functionalCall(model, { w: ones([1, 2]) }, ones([1, 2]))).toThrow(
      "no parameter or buffer 'w': it has weight",
    )
    expect(() => nn.functionalCall(model, { weight: ones([2]) }, ones([1, 2]))).toThrow(
      "'weight' has shape [1,2], the value [2]",
    )
    expect(() => nn.functionalCall(model, { weight: ones([1, 2]) }, ones([1, 3]))).toThrow('in Linear')
    expect(model.weight).toBeInstanceOf(Parameter)
  })
})

test('gradients reach all parameters', () => {
  const model = new Block()
  const found = gradients(model.forward(randn([3, 4])).sum(), model.parameters())
  expect(found.every(g => g !== null)).toBe(true)
})
