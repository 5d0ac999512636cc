// The closed list of operations. The CapabilityStatement is made from it.
import type { Operation } from '../interactions/operation.ts';
import { accessLog } from './access-log.ts';
import { confirm } from './confirm.ts';
import { everything } from './everything.ts';
import { explainAccess } from './explain-access.ts';
import { exportData } from './export.ts';
import { exportFile } from './export-file.ts';
import { exportGroup } from './export-group.ts';
import { exportStatus } from './export-status.ts';
import { meta } from './meta.ts';
import { metaAdd } from './meta-add.ts';
import { metaDelete } from './meta-delete.ts';
import { validate } from './validate.ts';

export const operations: readonly Operation[] = [
  accessLog,
  confirm,
  everything,
  explainAccess,
  exportData,
  exportGroup,
  exportStatus,
  exportFile,
  meta,
  metaAdd,
  metaDelete,
  validate,
];
