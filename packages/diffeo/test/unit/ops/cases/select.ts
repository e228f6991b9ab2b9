import { allDtypes, array, bools, caseOf, floats, random, type Case } from '../support/case.ts'

const castable = [-300.7, -1, -0.5, 0, 0.5, 1, 100.9, 300, 70000.5, 4294967297]

export const selectCases: Case[] = [
  caseOf('where', [bools([2, 2], [1, 0, 0, 1]), random([2, 2], 1), random([2, 2], 2)], {}),
  caseOf('where', [bools([], [1]), random([], 1), random([], 2)], {}),
  caseOf('where', [bools([0], []), random([0], 1), random([0], 2)], {}),
  ...allDtypes.map(d => caseOf('where', [bools([2], [1, 0]), array(d, [2], [1, 1]), array(d, [2], [0, 0])], {},
    { value: [1, 0], smooth: false })),
  caseOf('where', [bools([2], [1, 0]), floats([2], [1, NaN]), floats([2], [NaN, Infinity])], {},
    { smooth: false, value: [1, Infinity], gradient: [null, [1, 0], [0, 1]],
      name: 'what is not chosen does not matter' }),
  ...allDtypes.flatMap(from => allDtypes.map(to =>
    caseOf('cast', [array(from, [3], [0, 1, from === 'bool' ? 1 : 3])], {}, { out: { dtype: to }, name: `to ${to}` }))),
  caseOf('cast', [floats([castable.length], castable)], {},
    { out: { dtype: 'int32' }, value: [-300, -1, 0, 0, 0, 1, 100, 300, 70000, 2147483647], smooth: false }),
  caseOf('cast', [floats([castable.length], castable)], {},
    { out: { dtype: 'uint8' }, value: [212, 255, 0, 0, 0, 1, 100, 44, 112, 255], smooth: false }),
  caseOf('cast', [floats([castable.length], castable)], {},
    { out: { dtype: 'bool' }, value: [1, 1, 1, 0, 1, 1, 1, 1, 1, 1], smooth: false }),
  caseOf('cast', [floats([3], [NaN, Infinity, -Infinity])], {},
    { out: { dtype: 'int32' }, value: [0, 2147483647, -2147483648], smooth: false }),
  caseOf('cast', [floats([5], [NaN, Infinity, -Infinity, -3.5, 3e9])], {},
    { out: { dtype: 'uint32' }, value: [0, 4294967295, 0, 0, 3000000000], smooth: false }),
  caseOf('cast', [floats([1], [NaN])], {}, { out: { dtype: 'bool' }, value: [1], smooth: false }),
  caseOf('bitcast', [array('float32', [5], [1, -0, Infinity, 1.5, -2])], {},
    { out: { dtype: 'int32' }, value: [1065353216, -2147483648, 2139095040, 1069547520, -1073741824], smooth: false }),
  caseOf('bitcast', [array('uint32', [2], [1065353216, 3221225472])], {},
    { out: { dtype: 'float32' }, value: [1, -2] }),
  caseOf('bitcast', [array('int32', [1], [-1])], {}, { out: { dtype: 'uint32' }, value: [4294967295] }),
  caseOf('bitcast', [array('int8', [2], [-1, 3])], {}, { out: { dtype: 'uint8' }, value: [255, 3] }),
  caseOf('bitcast', [array('uint8', [2], [255, 3])], {}, { out: { dtype: 'int8' }, value: [-1, 3] }),
  caseOf('bitcast', [array('float16', [5], [1, -2, 65504, 6e-8, -Infinity])], {},
    { out: { dtype: 'float16' }, smooth: false }),
  caseOf('bitcast', [array('bfloat16', [2], [1, -2])], {}, { out: { dtype: 'bfloat16' }, smooth: false }),
]
