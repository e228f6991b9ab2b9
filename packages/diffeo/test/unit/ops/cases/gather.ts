import { array, bools, caseOf, floats, ints, random, randomInts, type Case } from '../support/case.ts'

export const gatherCases: Case[] = [
  caseOf('gather', [random([4, 3], 1), randomInts([2, 3], 2, 0, 4)], { axis: 0 }),
  caseOf('gather', [random([4, 3], 1), randomInts([5, 1], 2, 0, 4)], { axis: 0 }),
  caseOf('gather', [random([2, 5], 1), randomInts([2, 1], 2, 0, 5)], { axis: 1 }, { name: 'one index a row' }),
  caseOf('gather', [random([2, 5], 1), randomInts([1, 1], 2, 0, 5)], { axis: 1 }, { name: 'one index' }),
  caseOf('gather', [random([2, 3, 4], 1), randomInts([2, 6, 1], 2, 0, 3)], { axis: 1 }),
  caseOf('gather', [random([3], 1), ints([0], [])], { axis: 0 }),
  caseOf('gather', [random([3, 0], 1), ints([2, 0], [])], { axis: 0 }),
  caseOf('gather', [bools([3], [1, 0, 1]), ints([2], [2, 1])], { axis: 0 }, { value: [1, 0] }),
  caseOf('gather', [floats([3], [5, 6, 7]), ints([4], [2, 0, 2, 2])], { axis: 0 },
    { value: [7, 5, 7, 7], gradient: [[1, 0, 3], null] }),
  caseOf('gather', [floats([2, 2], [1, 2, 3, 4]), ints([2, 1], [1, 0])], { axis: 1 },
    { value: [2, 3], gradient: [[0, 1, 1, 0], null] }),

  ...(['add', 'set'] as const).flatMap(mode => [
    caseOf('scatter', [random([4, 3], 1), ints([2, 3], [0, 1, 2, 3, 3, 2]), random([2, 3], 3)], { axis: 0, mode }),
    caseOf('scatter', [random([4, 3], 1), ints([2, 1], [3, 0]), random([2, 3], 3)], { axis: 0, mode }),
    caseOf('scatter', [random([2, 4], 1), ints([1, 3], [3, 1, 3]), random([2, 3], 3)], { axis: 1, mode },
      { name: 'duplicates' }),
    caseOf('scatter', [random([3], 1), ints([5], [1, 1, 1, 0, 1]), random([5], 3)], { axis: 0, mode },
      { name: 'duplicates' }),
    caseOf('scatter', [random([3], 1), ints([0], []), random([0], 3)], { axis: 0, mode }),
    caseOf('scatter', [random([2, 3, 2], 1), ints([2, 1, 2], [0, 2, 1, 1]), random([2, 1, 2], 3)], { axis: 1, mode }),
    caseOf('scatter', [array('int32', [3], [1, 2, 3]), ints([2], [0, 0]), array('int32', [2], [10, 20])],
      { axis: 0, mode }),
  ]),
  caseOf('scatter', [floats([3], [1, 2, 3]), ints([3], [2, 0, 2]), floats([3], [10, 20, 30])], { axis: 0, mode: 'add' },
    { value: [21, 2, 43], gradient: [[1, 1, 1], null, [1, 1, 1]] }),
  caseOf('scatter', [floats([3], [1, 2, 3]), ints([3], [2, 0, 2]), floats([3], [10, 20, 30])], { axis: 0, mode: 'set' },
    { value: [20, 2, 30], gradient: [[0, 1, 0], null, [0, 1, 1]], name: 'the last wins' }),
]
