import { allDtypes, array, caseOf, floats, type Case } from '../support/case.ts'

export const sourceCases: Case[] = [
  caseOf('constant', [], { value: 2.5 },
    { out: { shape: [2, 3], dtype: 'float64' }, value: [2.5, 2.5, 2.5, 2.5, 2.5, 2.5] }),
  caseOf('constant', [], { value: 300 }, { out: { shape: [], dtype: 'uint8' }, value: [44] }),
  caseOf('constant', [], { value: 1 }, { out: { shape: [0, 2], dtype: 'bool' }, value: [] }),
  ...allDtypes.filter(d => d !== 'bool').map(dtype =>
    caseOf('iota', [], { axis: 1 }, { out: { shape: [2, 3], dtype }, value: [0, 1, 2, 0, 1, 2], name: dtype })),
  caseOf('iota', [], { axis: 0 }, { out: { shape: [2, 1, 2], dtype: 'int32' }, value: [0, 0, 1, 1] }),
  caseOf('iota', [], { axis: 1 }, { out: { shape: [2, 0], dtype: 'int32' }, value: [] }),
  caseOf('stopGradient', [floats([2], [1, 2])], {}, { value: [1, 2], gradient: [null], smooth: false }),
  caseOf('stopGradient', [array('bool', [2], [1, 0])], {}, { value: [1, 0] }),
]
