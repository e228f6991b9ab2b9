import { caseOf, ints, random, randomInts, type Case } from '../support/case.ts'

const at = (...starts: number[]) => starts.map(s => ints([], [s]))

export const dynamicCases: Case[] = [
  caseOf('dynamicSlice', [random([5], 1), ...at(2)], { size: [2] }),
  caseOf('dynamicSlice', [random([5, 4], 1), ...at(1, 0)], { size: [3, 4] }),
  caseOf('dynamicSlice', [random([5, 4], 1), ...at(9, -3)], { size: [2, 2] }, { name: 'clamped' }),
  caseOf('dynamicSlice', [random([3, 2], 1), ...at(1, 1)], { size: [0, 1] }),
  caseOf('dynamicSlice', [random([], 1)], { size: [] }),
  caseOf('dynamicSlice', [randomInts([4], 1, 0, 9), ...at(1)], { size: [1] }),

  caseOf('dynamicUpdate', [random([5], 1), random([2], 2), ...at(2)], {}),
  caseOf('dynamicUpdate', [random([4, 3], 1), random([2, 3], 2), ...at(1, 0)], {}),
  caseOf('dynamicUpdate', [random([4, 3], 1), random([1, 2], 2), ...at(9, -3)], {}, { name: 'clamped' }),
  caseOf('dynamicUpdate', [random([3], 1), random([0], 2), ...at(1)], {}),
  caseOf('dynamicUpdate', [random([3], 1), random([3], 2), ...at(1)], {}),
  caseOf('dynamicUpdate', [random([], 1), random([], 2)], {}),
]
