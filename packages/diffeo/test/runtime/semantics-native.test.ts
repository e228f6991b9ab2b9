/** @file Values, cells, disposal and caches on 'native'. */
import { semantics } from './support/compiled.ts'

semantics('native')
