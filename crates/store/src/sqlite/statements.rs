//! Every SQL text of the SQLite backend, in one place.
//!
//! Clustered tables hold rows oldest first and are read backwards: new rows then go to the right edge of a tree,
//! where SQLite fills pages whole.

/// The tables of the first schema that a release has.
pub(super) const TABLES_FIRST: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE dictionary (kind INTEGER NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE directory (type INTEGER NOT NULL, id NOT NULL, key INTEGER NOT NULL, home INTEGER NOT NULL,
    recency INTEGER NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    PRIMARY KEY (type, id)) WITHOUT ROWID;
CREATE TABLE entry (home INTEGER NOT NULL, type INTEGER NOT NULL, recency INTEGER NOT NULL, key INTEGER NOT NULL,
    signature BLOB NOT NULL, id NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL,
    sequence INTEGER NOT NULL, position INTEGER NOT NULL, rows BLOB NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (home, type, recency, key)) WITHOUT ROWID;
CREATE TABLE type_row (type INTEGER NOT NULL, recency INTEGER NOT NULL, key INTEGER NOT NULL,
    home INTEGER NOT NULL, signature BLOB NOT NULL,
    PRIMARY KEY (type, recency, key)) WITHOUT ROWID;
CREATE TABLE past (key INTEGER NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL,
    sequence INTEGER NOT NULL, position INTEGER NOT NULL, payload BLOB,
    PRIMARY KEY (key, version)) WITHOUT ROWID;
CREATE TABLE commit_log (sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, chain BLOB NOT NULL,
    changes BLOB NOT NULL, audit BLOB NOT NULL);
CREATE TABLE token (parameter INTEGER NOT NULL, hash INTEGER NOT NULL, recency INTEGER NOT NULL,
    key INTEGER NOT NULL, home INTEGER NOT NULL,
    PRIMARY KEY (parameter, hash, recency, key)) WITHOUT ROWID;
CREATE TABLE number (parameter INTEGER NOT NULL, unit INTEGER NOT NULL, value REAL NOT NULL,
    recency INTEGER NOT NULL, key INTEGER NOT NULL, home INTEGER NOT NULL,
    PRIMARY KEY (parameter, unit, value, recency, key)) WITHOUT ROWID;
CREATE TABLE text (parameter INTEGER NOT NULL, text TEXT NOT NULL, recency INTEGER NOT NULL,
    key INTEGER NOT NULL, home INTEGER NOT NULL,
    PRIMARY KEY (parameter, text, recency, key)) WITHOUT ROWID;
CREATE TABLE date (parameter INTEGER NOT NULL, span INTEGER NOT NULL, low INTEGER NOT NULL,
    high INTEGER NOT NULL, recency INTEGER NOT NULL, key INTEGER NOT NULL, home INTEGER NOT NULL,
    PRIMARY KEY (parameter, span, low, high, recency, key)) WITHOUT ROWID;
CREATE TABLE type_count (type INTEGER PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE private (space TEXT NOT NULL, key TEXT NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (space, key)) WITHOUT ROWID;
CREATE TABLE blob_use (hash BLOB NOT NULL, key INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (hash, key, version)) WITHOUT ROWID;
CREATE TABLE data_key (number INTEGER PRIMARY KEY, home INTEGER NOT NULL, made INTEGER NOT NULL,
    wrapped BLOB NOT NULL);
CREATE INDEX data_key_home ON data_key (home, number);
";

/// The columns of a data key, in the order that they are read in.
macro_rules! keys {
    ($rest:literal) => {
        concat!("SELECT number, home, made, wrapped FROM data_key ", $rest)
    };
}
pub(super) const KEYS_ALL: &str = keys!("ORDER BY number");
pub(super) const KEYS_OF_PRACTICE: &str = keys!("WHERE home = 0 ORDER BY number");
pub(super) const KEYS_BETWEEN: &str = keys!("WHERE number >= ?1 AND number < ?2 ORDER BY number");
pub(super) const KEY_NEWEST: &str =
    keys!("WHERE home = ?1 AND length(wrapped) > 0 ORDER BY number DESC LIMIT 1");
pub(super) const KEY_LAST: &str = "SELECT coalesce(max(number), 0) FROM data_key";
pub(super) const KEY_WRAP: &str = "UPDATE data_key SET wrapped = ?2 WHERE number = ?1";
pub(super) const KEYS_DESTROY: &str =
    "UPDATE data_key SET wrapped = x'' WHERE home = ?1 AND length(wrapped) > 0 RETURNING number";
pub(super) const HOME_COUNT: &str = "SELECT count(*) FROM entry WHERE home = ?1";
/// The uses of contents by past versions that begin with the number of a key.
pub(super) const BLOB_USES_FORGET: &str = "DELETE FROM blob_use WHERE EXISTS (SELECT 1 FROM past
    WHERE past.key = blob_use.key AND past.version = blob_use.version AND substr(payload, 1, length(?1)) = ?1)";
pub(super) const KEY_ADD: &str = "INSERT INTO data_key (number, home, made, wrapped) VALUES (?1, ?2, ?3, ?4)";

/// The tables with rows, for statistics and copies.
pub(super) const TABLES: &[&str] = &[
    "directory",
    "entry",
    "type_row",
    "past",
    "commit_log",
    "token",
    "number",
    "text",
    "date",
    "private",
    "blob_use",
    "data_key",
];

pub(super) const META_READ: &str = "SELECT value FROM meta WHERE name = ?1";
pub(super) const META_WRITE: &str = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)";

pub(super) const LEASE_BEHIND: &str = "INSERT INTO meta (name, value) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";

pub(super) const DICTIONARY_READ: &str = "SELECT kind, name, number FROM dictionary";
pub(super) const DICTIONARY_ADD: &str = "INSERT INTO dictionary (kind, name, number) VALUES (?1, ?2, ?3)";

pub(super) const DIRECTORY_FIND: &str =
    "SELECT key, home, recency, version, deleted FROM directory WHERE type = ?1 AND id = ?2";
pub(super) const DIRECTORY_ADD: &str = "INSERT INTO directory (type, id, key, home, recency, version, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const DIRECTORY_SET: &str =
    "UPDATE directory SET home = ?3, recency = ?4, version = ?5, deleted = ?6 WHERE type = ?1 AND id = ?2";

pub(super) const ENTRY_READ: &str = "SELECT id, version, updated, sequence, position, payload FROM entry
    WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";
pub(super) const ENTRY_ROWS: &str = "SELECT rows FROM entry
    WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";
pub(super) const ENTRY_ADD: &str = "INSERT INTO entry
    (home, type, recency, key, signature, id, version, updated, sequence, position, rows, payload)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
pub(super) const ENTRY_SET: &str = "UPDATE entry
    SET signature = ?5, version = ?6, updated = ?7, sequence = ?8, position = ?9, rows = ?10, payload = ?11
    WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";
pub(super) const ENTRY_REMOVE: &str =
    "DELETE FROM entry WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";

pub(super) const TYPE_ROW_ADD: &str =
    "INSERT OR REPLACE INTO type_row (type, recency, key, home, signature) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const TYPE_ROW_REMOVE: &str = "DELETE FROM type_row WHERE type = ?1 AND recency = ?2 AND key = ?3";

/// Moves the current version of an entry to the past.
pub(super) const PAST_KEEP: &str = "INSERT INTO past (key, version, updated, sequence, position, payload)
    SELECT key, version, updated, sequence, position, payload FROM entry
    WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";
pub(super) const PAST_ADD: &str =
    "INSERT INTO past (key, version, updated, sequence, position, payload) VALUES (?1, ?2, ?3, ?4, ?5, NULL)";
pub(super) const PAST_READ: &str =
    "SELECT updated, sequence, position, payload FROM past WHERE key = ?1 AND version = ?2";
pub(super) const PAST_WALK: &str = "SELECT version, updated, sequence, position, payload FROM past
    WHERE key = ?1 AND (sequence < ?2 OR (sequence = ?2 AND position < ?3)) AND updated >= ?4 AND updated <= ?5
    ORDER BY version DESC LIMIT ?6";

pub(super) const COMMIT_ADD: &str =
    "INSERT INTO commit_log (sequence, time, chain, changes, audit) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const COMMIT_LAST: &str =
    "SELECT sequence, time, chain FROM commit_log ORDER BY sequence DESC LIMIT 1";
pub(super) const COMMITS_AFTER: &str = "SELECT sequence, time, chain, changes, audit FROM commit_log WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
pub(super) const COMMITS_BEFORE: &str = "SELECT sequence, time, chain, changes, audit FROM commit_log
    WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2";
pub(super) const COMMIT_TIME: &str = "SELECT time FROM commit_log WHERE sequence = ?1";

pub(super) const TOKEN_ADD: &str =
    "INSERT OR IGNORE INTO token (parameter, hash, recency, key, home) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const TOKEN_REMOVE: &str =
    "DELETE FROM token WHERE parameter = ?1 AND hash = ?2 AND recency = ?3 AND key = ?4";
pub(super) const NUMBER_ADD: &str = "INSERT OR IGNORE INTO number (parameter, unit, value, recency, key, home) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const NUMBER_REMOVE: &str =
    "DELETE FROM number WHERE parameter = ?1 AND unit = ?2 AND value = ?3 AND recency = ?4 AND key = ?5";
pub(super) const TEXT_ADD: &str =
    "INSERT OR IGNORE INTO text (parameter, text, recency, key, home) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(super) const TEXT_REMOVE: &str =
    "DELETE FROM text WHERE parameter = ?1 AND text = ?2 AND recency = ?3 AND key = ?4";
pub(super) const DATE_ADD: &str = "INSERT OR IGNORE INTO date (parameter, span, low, high, recency, key, home) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const DATE_REMOVE: &str = "DELETE FROM date WHERE parameter = ?1 AND span = ?2 AND low = ?3 AND high = ?4 AND recency = ?5 AND key = ?6";

pub(super) const BLOB_USE_ADD: &str =
    "INSERT OR IGNORE INTO blob_use (hash, key, version) VALUES (?1, ?2, ?3)";
pub(super) const BLOB_USED: &str = "SELECT 1 FROM blob_use WHERE hash = ?1 LIMIT 1";
pub(super) const BLOB_USE_PROBE: &str =
    "SELECT 1 FROM blob_use WHERE hash = ?1 AND key = ?2 AND version = ?3";
pub(super) const BLOBS_USED: &str = "SELECT DISTINCT hash FROM blob_use";

pub(super) const COUNT_ADD: &str = "INSERT INTO type_count (type, count) VALUES (?1, ?2)
    ON CONFLICT (type) DO UPDATE SET count = count + excluded.count";
pub(super) const COUNT_READ: &str = "SELECT count FROM type_count WHERE type = ?1";
pub(super) const COUNTS_READ: &str = "SELECT type, count FROM type_count WHERE count > 0";

pub(super) const PRIVATE_READ: &str = "SELECT content FROM private WHERE space = ?1 AND key = ?2";
pub(super) const PRIVATE_LIST: &str = "SELECT key, content FROM private WHERE space = ?1 ORDER BY key";
pub(super) const PRIVATE_ALL: &str = "SELECT space, key, content FROM private ORDER BY space, key";
pub(super) const PRIVATE_SET: &str =
    "INSERT OR REPLACE INTO private (space, key, content) VALUES (?1, ?2, ?3)";
pub(super) const PRIVATE_REMOVE: &str = "DELETE FROM private WHERE space = ?1 AND key = ?2";

// Walks of the index. Each gives recency, key, home and signature (empty where the table has none). Those in
// order of recency take, from ?1 on: recency at least, recency at most, and the place behind which to go on
// (recency, key), whose recency the second does not exceed: one bound, so that a late page begins where it is.

pub(super) const WALK_HOME: &str = "SELECT recency, key, home, signature FROM entry
    WHERE home = ?5 AND type = ?6 AND recency >= ?1 AND recency <= ?2 AND (recency < ?3 OR key < ?4)
    ORDER BY recency DESC, key DESC";
pub(super) const WALK_TYPE: &str = "SELECT recency, key, home, signature FROM type_row
    WHERE type = ?5 AND recency >= ?1 AND recency <= ?2 AND (recency < ?3 OR key < ?4)
    ORDER BY recency DESC, key DESC";
pub(super) const WALK_TOKEN: &str = "SELECT recency, key, home, x'' FROM token AS walked
    WHERE parameter = ?5 AND hash = ?6
    AND recency >= ?1 AND recency <= ?2 AND (recency < ?3 OR key < ?4)
    ORDER BY recency DESC, key DESC";
pub(super) const PROBE_TOKEN: &str =
    "SELECT 1 FROM token WHERE parameter = ?1 AND hash = ?2 AND recency = ?3 AND key = ?4";

// Those in order of their value: all rows of a range.

pub(super) const WALK_NUMBER: &str = "SELECT recency, key, home FROM number
    WHERE parameter = ?1 AND unit = ?2 AND value >= ?3 AND value <= ?4";
pub(super) const WALK_TEXT: &str = "SELECT recency, key, home FROM text
    WHERE parameter = ?1 AND text >= ?2 AND text < ?3";
pub(super) const WALK_DATE: &str = "SELECT recency, key, home FROM date
    WHERE parameter = ?1 AND span = ?2 AND low >= ?3 AND low < ?4 AND high > ?5";

// The most recent of them: recency at least, recency at most, the place behind which to go on, and how many rows.

pub(super) const RECENT_NUMBER: &str = "SELECT recency, key, home FROM number
    WHERE parameter = ?1 AND unit = ?2 AND value >= ?3 AND value <= ?4
    AND recency >= ?5 AND recency <= ?6 AND (recency < ?7 OR key < ?8)
    ORDER BY recency DESC, key DESC LIMIT ?9";
pub(super) const RECENT_TEXT: &str = "SELECT recency, key, home FROM text
    WHERE parameter = ?1 AND text >= ?2 AND text < ?3
    AND recency >= ?4 AND recency <= ?5 AND (recency < ?6 OR key < ?7)
    ORDER BY recency DESC, key DESC LIMIT ?8";
pub(super) const RECENT_DATE: &str = "SELECT recency, key, home FROM date
    WHERE parameter = ?1 AND span = ?2 AND low >= ?3 AND low < ?4 AND high > ?5
    AND recency >= ?6 AND recency <= ?7 AND (recency < ?8 OR key < ?9)
    ORDER BY recency DESC, key DESC LIMIT ?10";

// Counts of what the walks give, up to the greatest that the parameter behind the bounds says.

pub(super) const COUNT_HOME: &str = "SELECT count(*) FROM (SELECT 1 FROM entry
    WHERE home = ?4 AND type = ?5 AND recency >= ?1 AND recency <= ?2 LIMIT ?3)";
pub(super) const COUNT_TYPE: &str = "SELECT count(*) FROM (SELECT 1 FROM type_row
    WHERE type = ?4 AND recency >= ?1 AND recency <= ?2 LIMIT ?3)";
pub(super) const COUNT_TOKEN: &str = "SELECT count(*) FROM (SELECT 1 FROM token
    WHERE parameter = ?4 AND hash = ?5 AND recency >= ?1 AND recency <= ?2 LIMIT ?3)";
pub(super) const COUNT_NUMBER: &str = "SELECT count(*) FROM (SELECT 1 FROM number
    WHERE parameter = ?1 AND unit = ?2 AND value >= ?3 AND value <= ?4 LIMIT ?5)";
pub(super) const COUNT_TEXT: &str = "SELECT count(*) FROM (SELECT 1 FROM text
    WHERE parameter = ?1 AND text >= ?2 AND text < ?3 LIMIT ?4)";
pub(super) const COUNT_DATE: &str = "SELECT count(*) FROM (SELECT 1 FROM date
    WHERE parameter = ?1 AND span = ?2 AND low >= ?3 AND low < ?4 AND high > ?5 LIMIT ?6)";

// Verification, reindexing and statistics.

pub(super) const ENTRIES_BEHIND: &str =
    "SELECT home, type, recency, key, id, version, updated, sequence, signature, rows, payload FROM entry
    WHERE (home, type, recency, key) > (?1, ?2, ?3, ?4) ORDER BY home, type, recency, key LIMIT ?5";
pub(super) const ENTRIES_CHECKED: &str = "SELECT entry.home, entry.type, entry.recency, entry.key, entry.id,
        entry.version, entry.updated, entry.sequence, entry.signature, entry.rows, entry.payload,
        found.key, found.home, found.recency, found.version, found.deleted, listed.home, listed.signature
    FROM entry
    LEFT JOIN directory AS found ON found.type = entry.type AND found.id = entry.id
    LEFT JOIN type_row AS listed ON listed.type = entry.type AND listed.recency = entry.recency
        AND listed.key = entry.key
    WHERE (entry.home, entry.type, entry.recency, entry.key) > (?1, ?2, ?3, ?4)
    ORDER BY entry.home, entry.type, entry.recency, entry.key LIMIT ?5";
pub(super) const ENTRY_PAYLOAD: &str = "SELECT payload FROM entry
    WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";
pub(super) const ENTRY_MOVE: &str = "UPDATE entry SET home = ?5, recency = ?6, signature = ?7, rows = ?8
    WHERE home = ?1 AND type = ?2 AND recency = ?3 AND key = ?4";
pub(super) const DIRECTORY_MOVE: &str =
    "UPDATE directory SET home = ?3, recency = ?4 WHERE type = ?1 AND id = ?2";
pub(super) const TOKEN_PROBE: &str =
    "SELECT 1 FROM token WHERE parameter = ?1 AND hash = ?2 AND recency = ?3 AND key = ?4 AND home = ?5";
pub(super) const NUMBER_PROBE: &str = "SELECT 1 FROM number
    WHERE parameter = ?1 AND unit = ?2 AND value = ?3 AND recency = ?4 AND key = ?5 AND home = ?6";
pub(super) const TEXT_PROBE: &str =
    "SELECT 1 FROM text WHERE parameter = ?1 AND text = ?2 AND recency = ?3 AND key = ?4 AND home = ?5";
pub(super) const DATE_PROBE: &str = "SELECT 1 FROM date
    WHERE parameter = ?1 AND span = ?2 AND low = ?3 AND high = ?4 AND recency = ?5 AND key = ?6 AND home = ?7";
pub(super) const COUNTS_WRONG: &str = "SELECT count(*) FROM type_count AS stated WHERE stated.count !=
    (SELECT count(*) FROM type_row WHERE type_row.type = stated.type)";
pub(super) const COUNTS_MISSING: &str = "SELECT count(*) FROM (SELECT DISTINCT type FROM type_row) WHERE type NOT IN (SELECT type FROM type_count)";
pub(super) const TOMBSTONES_WRONG: &str = "SELECT count(*) FROM directory WHERE deleted != 0
    AND (deleted != 1 OR home != 0 OR recency != 0
    OR version IS NOT (SELECT max(version) FROM past WHERE past.key = directory.key))";
pub(super) const TABLES_MADE: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name";
pub(super) const META_NAMES: &str = "SELECT name FROM meta";
pub(super) const KEYS_AND_LEASE: &str =
    "SELECT coalesce(max(key), 0), coalesce((SELECT value FROM meta WHERE name = ?1), 0) FROM directory";

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// The steps of a statement, without those over a subquery's result.
    fn steps(text: &str) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES_FIRST).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let nothing = vec![rusqlite::types::Null; statement.parameter_count()];
        let steps =
            statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).filter(|step| !step.contains("(subquery")).collect()
    }

    fn is_by_key(step: &str) -> bool {
        step.starts_with("SEARCH") && step.contains("PRIMARY KEY")
    }

    #[test]
    fn the_most_recent_are_found_by_key_and_sorted_as_they_come() {
        for text in [RECENT_NUMBER, RECENT_TEXT, RECENT_DATE] {
            let steps = steps(text);
            assert!(
                is_by_key(&steps[0]) && steps[1..] == ["USE TEMP B-TREE FOR ORDER BY"],
                "{text}: {steps:?}"
            );
        }
    }

    /// Every statement of the day's work finds its rows by a key and needs no sorting.
    #[test]
    fn statements_search_by_key_and_never_sort() {
        for text in [
            DIRECTORY_FIND,
            DIRECTORY_SET,
            ENTRY_READ,
            ENTRY_ROWS,
            ENTRY_SET,
            ENTRY_REMOVE,
            TYPE_ROW_REMOVE,
            PAST_KEEP,
            PAST_READ,
            PAST_WALK,
            COMMIT_TIME,
            COMMITS_AFTER,
            COMMITS_BEFORE,
            TOKEN_REMOVE,
            NUMBER_REMOVE,
            TEXT_REMOVE,
            DATE_REMOVE,
            COUNT_READ,
            PRIVATE_READ,
            PRIVATE_LIST,
            WALK_HOME,
            WALK_TYPE,
            WALK_TOKEN,
            PROBE_TOKEN,
            WALK_NUMBER,
            WALK_TEXT,
            WALK_DATE,
            COUNT_HOME,
            COUNT_TYPE,
            COUNT_TOKEN,
            COUNT_NUMBER,
            COUNT_TEXT,
            COUNT_DATE,
            ENTRIES_BEHIND,
            ENTRY_PAYLOAD,
            ENTRIES_CHECKED,
            TOKEN_PROBE,
            NUMBER_PROBE,
            TEXT_PROBE,
            DATE_PROBE,
        ] {
            let steps = steps(text);
            assert!(!steps.is_empty() && steps.iter().all(|step| is_by_key(step)), "{text}: {steps:?}");
        }
    }
}
