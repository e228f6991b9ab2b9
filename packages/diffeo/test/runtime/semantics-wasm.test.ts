/** @file Values, cells, disposal and caches on 'wasm'. */
import { semantics } from './support/compiled.ts'

semantics('wasm')
