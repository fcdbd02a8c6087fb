/** Keys of the search attributes; workers/plugin/search-attributes.ts knows whether a namespace has them. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const attributes = {
  sweepId: defineSearchAttributeKey('SweepId', SearchAttributeType.KEYWORD),
  number: defineSearchAttributeKey('TrialNumber', SearchAttributeType.INT),
  status: defineSearchAttributeKey('TrialStatus', SearchAttributeType.KEYWORD),
  objective: defineSearchAttributeKey('Objective', SearchAttributeType.DOUBLE),
  resumes: defineSearchAttributeKey('Resumes', SearchAttributeType.INT),
  jobId: defineSearchAttributeKey('SlurmJobId', SearchAttributeType.KEYWORD),
};
