/** What a namespace needs before sweeps run in it: search attributes, and a retention that outlasts a sweep. */
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

export type SearchAttributeType = 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'Text' | 'KeywordList';
export type SearchAttributes = Readonly<Record<string, SearchAttributeType>>;

/** Those that the sweep's workflows set. */
export const sweepSearchAttributes: SearchAttributes = {
  SweepId: 'Keyword',
  TrialStatus: 'Keyword',
  SlurmJobId: 'Keyword',
  TrialNumber: 'Int',
  Resumes: 'Int',
  Objective: 'Double',
};

const daySeconds = 24 * 60 * 60;

/** The development server keeps closed workflows for a day only: trials would vanish while their sweep still runs. */
export async function raiseRetention(connection: Connection, namespace: string, days: number): Promise<void> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= days * daySeconds) return;
  const workflowExecutionRetentionTtl = msToTs(`${days} days`);
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
}

/** Names of `wanted` that the namespace does not have. */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: SearchAttributes,
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(wanted).filter((name) => !(name in (customAttributes ?? {})));
}

/** Numbers of Temporal's `IndexedValueType`. */
const indexedValueType: Readonly<Record<SearchAttributeType, number>> = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
};

/** @throws the server's error: without the operator's rights, or where a database has no free column of that type. */
export async function createSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: SearchAttributes,
): Promise<void> {
  const searchAttributes = Object.fromEntries(
    Object.entries(wanted).map(([name, type]) => [name, indexedValueType[type]]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
