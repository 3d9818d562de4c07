// What readers of the journal choose by, in a table beside the events: a reader that wants one machine out of a million events
// has the others passed over by SQLite, unparsed. Rows of a journal of before this table are looked up in the event itself.
// Never: an event left out because it has no row here.
import type { OperationId } from '@drover/kernel';
import type { JournalChoice, KeptEvent } from '@drover/ports';
import type { Statements } from '../file/statements.sqlite.js';

/** Made when the journal is opened: files of before had none. */
export const routingTable = `CREATE TABLE IF NOT EXISTS routing (
  position INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  key TEXT NOT NULL,
  operation TEXT,
  severity TEXT
) STRICT`;

/** Rows that an older Drover left behind when it wrote on without this table. */
export const staleRouting = `DELETE FROM routing
  WHERE (SELECT max(position) FROM routing) IS NOT (SELECT max(position) FROM entry)`;

/** Puts the routing of one event beside it. */
export const insertRouting = 'INSERT INTO routing VALUES (?, ?, ?, ?, ?, ?)';

const severity = `iif(json_type(e.event, '$.data.severity') = 'text', json_extract(e.event, '$.data.severity'), NULL)`;
/** Each column, or what the event says where it has no row. `coalesce` looks at the second only then. */
const columns = {
  type: `coalesce(r.type, json_extract(e.event, '$.type'))`,
  subject: `coalesce(r.subject, json_extract(e.event, '$.subject'))`,
  key: `coalesce(r.key, json_extract(e.event, '$.partitionkey'))`,
  operation: `iif(r.position IS NULL, json_extract(e.event, '$.operationid'), r.operation)`,
  severity: `iif(r.position IS NULL, ${severity}, r.severity)`,
} as const;

const within = (column: string) => `${column} IN (SELECT value FROM json_each(?))`;
const ofFamily = `EXISTS (SELECT 1 FROM json_each(?) WHERE substr(${columns.type}, 1, length(value)) = value)`;

/** A condition, and the values that its marks stand for. */
type Condition = readonly [text: string, ...values: string[]];

/** The conditions of a choice. Their texts are few: one for each set of members that is given. */
const conditionsOf = ({ types, ...others }: JournalChoice): readonly Condition[] => {
  const named = (ofFamilies: boolean) =>
    JSON.stringify(types?.flatMap(({ type, family }) => (family === ofFamilies ? [type] : [])));
  const plain = (['subject', 'key', 'operation', 'severity'] as const).flatMap((name): readonly Condition[] => {
    const values = others[name];
    return values === null ? [] : [[within(columns[name]), JSON.stringify(values)]];
  });
  return types === null ? plain : [[`(${within(columns.type)} OR ${ofFamily})`, named(false), named(true)], ...plain];
};

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

/** Selects from a journal what a choice takes. */
export const selected = (sql: Statements, after: number, upTo: number, choice: JournalChoice): readonly KeptEvent[] => {
  const conditions = conditionsOf(choice);
  const shown = Object.entries(columns).map(([name, column]) => `${column} AS ${name}`);
  const text = `SELECT e.position, e.event, ${shown.join(', ')}
    FROM entry e LEFT JOIN routing r ON r.position = e.position
    WHERE ${['e.position > ?', 'e.position <= ?', ...conditions.map(([condition]) => condition)].join(' AND ')}
    ORDER BY e.position`;
  return Array.from(
    sql(text).iterate(after, upTo, ...conditions.flatMap(([, ...values]) => values)),
    (row): KeptEvent => ({
      position: Number(row['position']),
      routing: {
        ...{ type: String(row['type']), subject: String(row['subject']), key: String(row['key']) },
        operation: textOrNull(row['operation']) as OperationId | null, // as the event had it
        severity: textOrNull(row['severity']),
      },
      json: String(row['event']),
    }),
  );
};
