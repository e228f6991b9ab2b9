import { bools, caseOf, floats, ints, random, type Case } from '../support/case.ts'

export const sortCases: Case[] = [
  caseOf('argSort', [random([3, 5], 1)], {}),
  caseOf('argSort', [random([2, 2, 3], 1, -2, 2, 'float32')], {}),
  caseOf('argSort', [random([3, 0], 1)], {}),
  caseOf('argSort', [random([0, 3], 1)], {}),
  caseOf('argSort', [random([2, 1], 1)], {}),
  caseOf('argSort', [floats([6], [2, 1, 2, 1, 2, 1])], {},
    { value: [1, 3, 5, 0, 2, 4], smooth: false, name: 'stable' }),
  caseOf('argSort', [floats([6], [NaN, Infinity, 0, NaN, -0, -Infinity])], {},
    { value: [5, 2, 4, 1, 0, 3], smooth: false, name: 'NaN last' }),
  caseOf('argSort', [ints([4], [3, -1, 3, 0])], {}, { value: [1, 3, 0, 2] }),
  caseOf('argSort', [bools([3], [1, 0, 1])], {}, { value: [1, 0, 2] }),
]
