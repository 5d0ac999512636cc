// $export of one Group: the data of those who are its members when it is asked for. https://hl7.org/fhir/uv/bulkdata/STU2/export.html
// Only where Group is a type that is served (404 otherwise).
import type { Operation } from '../interactions/operation.ts';
import { askForExport } from './export.ts';

export const exportGroup: Operation = {
  name: '$export',
  summary: 'The same for the members of a Group, as it is when asked for. Only where Group is served (plain mode).',
  definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export',
  levels: ['instance'],
  types: ['Group'],
  allowsGet: true,
  run: askForExport,
};
