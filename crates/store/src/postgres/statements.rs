//! Every SQL text of the PostgreSQL backend but those that are put together for a walk (see [`super::walk`]).
//!
//! Tables of documents and index rows are distributed by `home` (the directory by `id`) when they are spread over several
//! servers: so the unique key of each has that column, there are no sequences and no foreign keys, and what is not
//! distributed is small. All that is written in a transaction goes to a table in one statement, as arrays.

/// The tables of the first schema that a release has. Ids and texts are bytes, so that they are compared and ordered as bytes, whatever the database's
/// language; documents are compressed already.
pub(super) const TABLES_FIRST: &str = "
CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE dictionary (kind bigint NOT NULL, name text NOT NULL, number bigint NOT NULL,
    PRIMARY KEY (kind, name));
CREATE TABLE head (one boolean PRIMARY KEY DEFAULT true CHECK (one), sequence bigint NOT NULL, time bigint NOT NULL,
    chain bytea NOT NULL, next_key bigint NOT NULL, names bigint NOT NULL, index_version bigint NOT NULL,
    keeper bigint NOT NULL DEFAULT 0)
    WITH (fillfactor = 10);
CREATE TABLE directory (type bigint NOT NULL, id bytea NOT NULL, key bigint NOT NULL, home bigint NOT NULL,
    recency bigint NOT NULL, version bigint NOT NULL, deleted boolean NOT NULL,
    PRIMARY KEY (type, id));
CREATE TABLE entry (home bigint NOT NULL, type bigint NOT NULL, recency bigint NOT NULL, key bigint NOT NULL,
    version bigint NOT NULL, updated bigint NOT NULL, sequence bigint NOT NULL, position bigint NOT NULL,
    id bytea NOT NULL, signature bytea NOT NULL, rows bytea NOT NULL, payload bytea NOT NULL,
    PRIMARY KEY (home, type, recency, key));
ALTER TABLE entry ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE TABLE type_row (type bigint NOT NULL, recency bigint NOT NULL, key bigint NOT NULL, home bigint NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (type, recency, key, home));
CREATE TABLE past (home bigint NOT NULL, key bigint NOT NULL, version bigint NOT NULL, updated bigint NOT NULL,
    sequence bigint NOT NULL, position bigint NOT NULL, payload bytea,
    PRIMARY KEY (home, key, version));
ALTER TABLE past ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE TABLE commit_log (sequence bigint PRIMARY KEY, time bigint NOT NULL, chain bytea NOT NULL,
    changes bytea NOT NULL, audit bytea NOT NULL);
CREATE TABLE token (parameter bigint NOT NULL, hash bigint NOT NULL, recency bigint NOT NULL, key bigint NOT NULL,
    home bigint NOT NULL,
    PRIMARY KEY (parameter, hash, recency, key, home));
CREATE TABLE number (parameter bigint NOT NULL, unit bigint NOT NULL, value double precision NOT NULL,
    recency bigint NOT NULL, key bigint NOT NULL, home bigint NOT NULL,
    PRIMARY KEY (parameter, unit, value, recency, key, home));
CREATE TABLE text (parameter bigint NOT NULL, text bytea NOT NULL, recency bigint NOT NULL, key bigint NOT NULL,
    home bigint NOT NULL,
    PRIMARY KEY (parameter, text, recency, key, home));
CREATE TABLE date (parameter bigint NOT NULL, span bigint NOT NULL, low bigint NOT NULL, high bigint NOT NULL,
    recency bigint NOT NULL, key bigint NOT NULL, home bigint NOT NULL,
    PRIMARY KEY (parameter, span, low, high, recency, key, home));
CREATE TABLE type_count (type bigint PRIMARY KEY, count bigint NOT NULL);
CREATE TABLE private (space text COLLATE \"C\" NOT NULL, key text COLLATE \"C\" NOT NULL, content bytea NOT NULL,
    PRIMARY KEY (space, key));
CREATE TABLE blob (hash bytea PRIMARY KEY, length bigint NOT NULL, kept bigint NOT NULL);
CREATE TABLE blob_chunk (hash bytea NOT NULL, number bigint NOT NULL, bytes bytea NOT NULL,
    PRIMARY KEY (hash, number));
ALTER TABLE blob_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE blob_use (hash bytea NOT NULL, key bigint NOT NULL, version bigint NOT NULL,
    PRIMARY KEY (hash, key, version));
CREATE TABLE words (type bigint NOT NULL, id bytea NOT NULL, words tsvector, PRIMARY KEY (type, id));
CREATE INDEX words_words ON words USING gin (words);
CREATE INDEX words_vague ON words (type) WHERE words IS NULL;
CREATE TABLE words_place (one boolean PRIMARY KEY DEFAULT true CHECK (one), form bigint NOT NULL, sequence bigint NOT NULL);
INSERT INTO words_place (form, sequence) VALUES (0, 0);
CREATE TABLE data_key (number bigint PRIMARY KEY, home bigint NOT NULL, made bigint NOT NULL, wrapped bytea NOT NULL);
CREATE INDEX data_key_home ON data_key (home, number);
INSERT INTO head (sequence, time, chain, next_key, names, index_version)
    VALUES (0, -9223372036854775808, decode(repeat('00', 32), 'hex'), 1, 0, 0);
";

/// The columns of a data key, in the order that they are read in.
macro_rules! keys {
    ($rest:literal) => {
        concat!("SELECT number, home, made, wrapped FROM data_key ", $rest)
    };
}
pub(super) const KEYS_ALL: &str = keys!("ORDER BY number");
pub(super) const KEYS_OF_PRACTICE: &str = keys!("WHERE home = 0 ORDER BY number");
pub(super) const KEYS_BETWEEN: &str = keys!("WHERE number >= $1 AND number < $2 ORDER BY number");
pub(super) const KEY_NEWEST: &str =
    keys!("WHERE home = $1 AND length(wrapped) > 0 ORDER BY number DESC LIMIT 1");
pub(super) const KEYS_ADD: &str = "INSERT INTO data_key (number, home, made, wrapped)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[])";
pub(super) const KEYS_WRAP: &str = "UPDATE data_key SET wrapped = new.wrapped
    FROM unnest($1::bigint[], $2::bytea[]) AS new(number, wrapped) WHERE data_key.number = new.number";
pub(super) const KEYS_DESTROY: &str =
    "UPDATE data_key SET wrapped = '' WHERE home = $1 AND length(wrapped) > 0 RETURNING number";
/// Other processes than this one that have the database open.
pub(super) const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name LIKE 'chiron %' AND application_name <> current_setting('application_name')";
pub(super) const HOME_COUNT: &str = "SELECT count(*) FROM entry WHERE home = $1";
/// The uses of contents by past versions that begin with the number of a key.
pub(super) const BLOB_USES_FORGET: &str = "DELETE FROM blob_use WHERE EXISTS (SELECT 1 FROM past
    WHERE past.key = blob_use.key AND past.version = blob_use.version
        AND substring(payload FROM 1 FOR length($1::bytea)) = $1)
    RETURNING 1";
/// Leases so many numbers, behind those of the practice's first keys.
pub(super) const KEY_LEASE: &str =
    "INSERT INTO meta (name, value) VALUES ('next_data_key', (2 * $1::bigint)::text)
    ON CONFLICT (name) DO UPDATE SET value = (meta.value::bigint + $1::bigint)::text
    RETURNING value::bigint - $1::bigint";

pub(super) const META_READ: &str = "SELECT value FROM meta WHERE name = $1";
pub(super) const META_WRITE: &str = "INSERT INTO meta (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(super) const DICTIONARY_READ: &str = "SELECT kind, name, number FROM dictionary";
pub(super) const DICTIONARY_ADD: &str = "INSERT INTO dictionary (kind, name, number)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])";
pub(super) const NAMES_SET: &str = "UPDATE head SET names = $1";

// One writer at a time holds the head, in all processes: what it reads after this line is what all before it wrote.
pub(super) const HEAD_LOCK: &str =
    "SELECT sequence, time, chain, next_key, names, index_version, keeper FROM head FOR UPDATE";
pub(super) const HEAD_READ: &str = "SELECT sequence, names, index_version FROM head";
/// The head of a moment, with types and their counts in turn.
pub(super) const MOMENT: &str = "SELECT sequence, names, index_version,
    ARRAY(SELECT unnest(ARRAY[type, count]) FROM type_count WHERE count > 0) FROM head";
/// Whether there is company in the database: sessions of users that are not of this process.
pub(super) const KEEPER_READ: &str = "SELECT keeper, sequence, NOT EXISTS (SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND usesysid IS NOT NULL AND application_name IS DISTINCT FROM $1) FROM head";
pub(super) const KEEPER_CHANGE: &str = "UPDATE head SET keeper = $2 WHERE keeper = $1 RETURNING sequence";
pub(super) const HEAD_SET: &str = "UPDATE head SET sequence = $1, time = $2, chain = $3, next_key = $4";
pub(super) const INDEX_VERSION_SET: &str = "UPDATE head SET index_version = $1";

/// Where resources stand, and the index rows of those that are current.
pub(super) const LOCATE: &str =
    "SELECT wanted.place, found.key, found.home, found.recency, found.version, found.deleted,
        entry.rows
    FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS wanted (type, id, place)
    JOIN directory AS found ON found.type = wanted.type AND found.id = wanted.id
    LEFT JOIN entry ON NOT found.deleted AND entry.home = found.home AND entry.type = found.type
        AND entry.recency = found.recency AND entry.key = found.key";

/// Versions by type, id and number, 0 for the newest: one row for each that the directory knows the resource of.
pub(super) const VERSIONS: &str = "SELECT wanted.place, found.version,
        coalesce(entry.version, past.version), coalesce(entry.updated, past.updated),
        coalesce(entry.sequence, past.sequence), coalesce(entry.position, past.position),
        coalesce(entry.payload, past.payload), found.recency, found.key
    FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS wanted (type, id, version, place)
    JOIN directory AS found ON found.type = wanted.type AND found.id = wanted.id
    LEFT JOIN entry ON NOT found.deleted AND wanted.version IN (0, found.version) AND entry.home = found.home
        AND entry.type = found.type AND entry.recency = found.recency AND entry.key = found.key
    LEFT JOIN past ON past.home = found.home AND past.key = found.key
        AND past.version = CASE wanted.version WHEN 0 THEN found.version ELSE wanted.version END";

/// One version, as [`VERSIONS`], with the last commit of what is looked at: one row always.
pub(super) const VERSION: &str = "SELECT head.sequence, found.version,
        coalesce(entry.version, past.version), coalesce(entry.updated, past.updated),
        coalesce(entry.sequence, past.sequence), coalesce(entry.position, past.position),
        coalesce(entry.payload, past.payload), found.recency, found.key
    FROM head LEFT JOIN directory AS found ON found.type = $1 AND found.id = $2
    LEFT JOIN entry ON NOT found.deleted AND $3::bigint IN (0, found.version) AND entry.home = found.home
        AND entry.type = found.type AND entry.recency = found.recency AND entry.key = found.key
    LEFT JOIN past ON past.home = found.home AND past.key = found.key
        AND past.version = CASE $3::bigint WHEN 0 THEN found.version ELSE $3::bigint END";

/// Documents at places, in any order.
pub(super) const ENTRIES_AT: &str =
    "SELECT wanted.place, entry.id, entry.version, entry.updated, entry.sequence,
        entry.position, entry.payload
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
        AS wanted (home, type, recency, key, place)
    JOIN entry ON entry.home = wanted.home AND entry.type = wanted.type AND entry.recency = wanted.recency
        AND entry.key = wanted.key";

pub(super) const PAST_WALK: &str = "SELECT version, updated, sequence, position, payload FROM past
    WHERE home = $1 AND key = $2 AND (sequence, position) < ($3, $4) AND updated >= $5 AND updated <= $6
    ORDER BY version DESC LIMIT $7";
pub(super) const DIRECTORY_FIND: &str = "SELECT key, home, recency, version, deleted FROM directory
    WHERE type = $1 AND id = $2";
pub(super) const TOKENS_FIND: &str =
    "SELECT EXISTS (SELECT 1 FROM unnest($1::bigint[], $2::bigint[]) AS wanted (parameter, hash)
    JOIN token ON token.parameter = wanted.parameter AND token.hash = wanted.hash
    WHERE token.recency = $3 AND token.key = $4)";

pub(super) const CHANGES_BETWEEN: &str =
    "SELECT sequence, changes FROM commit_log WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence";
pub(super) const COMMIT_TIME: &str = "SELECT time FROM commit_log WHERE sequence = $1";
pub(super) const COMMIT_CHAIN: &str = "SELECT chain FROM commit_log WHERE sequence = $1";
pub(super) const COMMITS_AFTER: &str = "SELECT sequence, time, chain, changes, audit FROM commit_log
    WHERE sequence > $1 ORDER BY sequence LIMIT $2";
pub(super) const COMMITS_BEFORE: &str = "SELECT sequence, time, chain, changes, audit FROM commit_log
    WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2";

pub(super) const PRIVATE_READ: &str = "SELECT content FROM private WHERE space = $1 AND key = $2";
pub(super) const PRIVATE_LIST: &str = "SELECT key, content FROM private WHERE space = $1 ORDER BY key";

// Contents kept outside the documents. Times are the database's, in milliseconds since 1970.

pub(super) const BLOB_ADD: &str = "INSERT INTO blob (hash, length, kept)
    VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    ON CONFLICT (hash) DO UPDATE SET length = excluded.length, kept = excluded.kept";
/// Also over a chunk that is there: if it was damaged, it is whole again.
pub(super) const BLOB_CHUNK_ADD: &str = "INSERT INTO blob_chunk (hash, number, bytes) VALUES ($1, $2, $3)
    ON CONFLICT (hash, number) DO UPDATE SET bytes = excluded.bytes";
pub(super) const BLOB_TOUCH: &str = "UPDATE blob SET kept = (extract(epoch FROM clock_timestamp()) * 1000)::bigint WHERE hash = $1 RETURNING length";
pub(super) const BLOB_LENGTH: &str = "SELECT length FROM blob WHERE hash = $1";
pub(super) const BLOB_CHUNK: &str = "SELECT bytes FROM blob_chunk WHERE hash = $1 AND number = $2";
pub(super) const BLOBS_UNNAMED: &str = "SELECT hash FROM blob
    WHERE kept <= (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1::bigint
    AND NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.hash = blob.hash)";
/// Looks again at the moment of removal: who kept the content meanwhile may have named it.
pub(super) const BLOB_REMOVE: &str = "WITH gone AS (DELETE FROM blob
        WHERE hash = $1 AND kept <= (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $2::bigint
        AND NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.hash = blob.hash) RETURNING hash, length),
    chunks AS (DELETE FROM blob_chunk USING gone WHERE blob_chunk.hash = gone.hash)
    SELECT length FROM gone";
pub(super) const BLOB_USE_ADD: &str = "INSERT INTO blob_use (hash, key, version)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING";

// The index of words. Its kind of index is read by bitmaps alone, which no other statement uses.

pub(super) const WORDS_PLAN: &str =
    "SELECT set_config('enable_bitmapscan', 'on', true), set_config('enable_indexscan', 'off', true)";
pub(super) const WORDS_PLANNED: &str =
    "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_indexscan', 'on', true)";
pub(super) const WORDS_FIND: &str = "SELECT id FROM
    ((SELECT id FROM words WHERE type = $1 AND words @@ ($2::text)::tsquery LIMIT $3)
    UNION ALL (SELECT id FROM words WHERE type = $1 AND words IS NULL LIMIT $3)) AS found LIMIT $3";
pub(super) const WORDS_PLACE: &str =
    "SELECT form, words_place.sequence, head.sequence FROM words_place, head";
pub(super) const WORDS_GO_ON: &str =
    "UPDATE words_place SET sequence = $2 WHERE sequence = $1 RETURNING sequence";
pub(super) const WORDS_BEGIN: &str = "UPDATE words_place SET form = $1, sequence = 0";
pub(super) const WORDS_CLEAR: &str = "DELETE FROM words";
pub(super) const WORDS_SET: &str = "INSERT INTO words (type, id, words)
    SELECT type, id, array_to_tsvector(array_remove(string_to_array(words, ' '), ''))
    FROM unnest($1::bigint[], $2::bytea[], $3::text[]) AS made (type, id, words)
    ON CONFLICT (type, id) DO UPDATE SET words = excluded.words";
pub(super) const WORDS_REMOVE: &str =
    "DELETE FROM words USING unnest($1::bigint[], $2::bytea[]) AS gone (type, id)
    WHERE words.type = gone.type AND words.id = gone.id";

// What a transaction writes.

pub(super) const PAST_MOVE: &str = "UPDATE past SET home = moved.now
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS moved (home, key, now)
    WHERE past.home = moved.home AND past.key = moved.key";
/// Copies current versions to the past.
pub(super) const PAST_KEEP: &str =
    "INSERT INTO past (home, key, version, updated, sequence, position, payload)
    SELECT kept.now, entry.key, entry.version, entry.updated, entry.sequence, entry.position, entry.payload
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS kept (home, type, recency, key, now)
    JOIN entry ON entry.home = kept.home AND entry.type = kept.type AND entry.recency = kept.recency
        AND entry.key = kept.key";
pub(super) const PAST_ADD: &str = "INSERT INTO past (home, key, version, updated, sequence, position, payload)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])";
pub(super) const ENTRY_REMOVE: &str = "DELETE FROM entry
    USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS gone (home, type, recency, key)
    WHERE entry.home = gone.home AND entry.type = gone.type AND entry.recency = gone.recency AND entry.key = gone.key";
pub(super) const ENTRY_SET: &str = "INSERT INTO entry
        (home, type, recency, key, version, updated, sequence, position, id, signature, rows, payload)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[])
    ON CONFLICT (home, type, recency, key) DO UPDATE SET version = excluded.version, updated = excluded.updated,
        sequence = excluded.sequence, position = excluded.position, signature = excluded.signature,
        rows = excluded.rows, payload = excluded.payload";
pub(super) const TYPE_ROW_REMOVE: &str = "DELETE FROM type_row
    USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS gone (home, type, recency, key)
    WHERE type_row.type = gone.type AND type_row.recency = gone.recency AND type_row.key = gone.key
        AND type_row.home = gone.home";
pub(super) const TYPE_ROW_SET: &str = "INSERT INTO type_row (home, type, recency, key, signature)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
    ON CONFLICT (type, recency, key, home) DO UPDATE SET signature = excluded.signature";
pub(super) const DIRECTORY_SET: &str = "INSERT INTO directory (type, id, key, home, recency, version, deleted)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
    ON CONFLICT (type, id) DO UPDATE SET home = excluded.home, recency = excluded.recency,
        version = excluded.version, deleted = excluded.deleted";
pub(super) const TOKEN_REMOVE: &str = "DELETE FROM token
    USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS gone (home, recency, key, parameter, hash)
    WHERE token.parameter = gone.parameter AND token.hash = gone.hash AND token.recency = gone.recency
        AND token.key = gone.key AND token.home = gone.home";
pub(super) const TOKEN_ADD: &str = "INSERT INTO token (home, recency, key, parameter, hash)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
    ON CONFLICT DO NOTHING";
pub(super) const NUMBER_REMOVE: &str = "DELETE FROM number
    USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::double precision[])
        AS gone (home, recency, key, parameter, unit, value)
    WHERE number.parameter = gone.parameter AND number.unit = gone.unit AND number.value = gone.value
        AND number.recency = gone.recency AND number.key = gone.key AND number.home = gone.home";
pub(super) const NUMBER_ADD: &str = "INSERT INTO number (home, recency, key, parameter, unit, value)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::double precision[])
    ON CONFLICT DO NOTHING";
pub(super) const TEXT_REMOVE: &str = "DELETE FROM text
    USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
        AS gone (home, recency, key, parameter, text)
    WHERE text.parameter = gone.parameter AND text.text = gone.text AND text.recency = gone.recency
        AND text.key = gone.key AND text.home = gone.home";
pub(super) const TEXT_ADD: &str = "INSERT INTO text (home, recency, key, parameter, text)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
    ON CONFLICT DO NOTHING";
pub(super) const DATE_REMOVE: &str = "DELETE FROM date
    USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
        AS gone (home, recency, key, parameter, span, low, high)
    WHERE date.parameter = gone.parameter AND date.span = gone.span AND date.low = gone.low AND date.high = gone.high
        AND date.recency = gone.recency AND date.key = gone.key AND date.home = gone.home";
pub(super) const DATE_ADD: &str = "INSERT INTO date (home, recency, key, parameter, span, low, high)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
    ON CONFLICT DO NOTHING";
pub(super) const COUNT_ADD: &str = "INSERT INTO type_count (type, count)
    SELECT * FROM unnest($1::bigint[], $2::bigint[])
    ON CONFLICT (type) DO UPDATE SET count = type_count.count + excluded.count";
pub(super) const COMMIT_ADD: &str = "INSERT INTO commit_log (sequence, time, chain, changes, audit)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])";
pub(super) const PRIVATE_REMOVE: &str =
    "DELETE FROM private USING unnest($1::text[], $2::text[]) AS gone (space, key)
    WHERE private.space = gone.space AND private.key = gone.key";
pub(super) const PRIVATE_SET: &str = "INSERT INTO private (space, key, content)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
    ON CONFLICT (space, key) DO UPDATE SET content = excluded.content";

// Verification, reindexing, statistics and copies.

/// The tables with rows, for statistics.
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
    "blob",
    "blob_use",
    "words",
];
pub(super) const META_REMOVE: &str = "DELETE FROM meta WHERE name = $1";
pub(super) const PRIVATE_ALL: &str = "SELECT space, key, content FROM private ORDER BY space, key";
pub(super) const ENTRIES_BEHIND: &str =
    "SELECT home, type, recency, key, id, version, updated, sequence, signature, rows, payload FROM entry
    WHERE (home, type, recency, key) > ($1, $2, $3, $4) ORDER BY home, type, recency, key LIMIT $5";
pub(super) const ENTRIES_CHECKED: &str = "SELECT entry.home, entry.type, entry.recency, entry.key, entry.id,
        entry.version, entry.updated, entry.sequence, entry.signature, entry.rows, entry.payload,
        found.key, found.home, found.recency, found.version, found.deleted, listed.home, listed.signature
    FROM (SELECT * FROM entry WHERE (home, type, recency, key) > ($1, $2, $3, $4)
        ORDER BY home, type, recency, key LIMIT $5) AS entry
    LEFT JOIN directory AS found ON found.type = entry.type AND found.id = entry.id
    LEFT JOIN type_row AS listed ON listed.type = entry.type AND listed.recency = entry.recency
        AND listed.key = entry.key AND listed.home = entry.home
    ORDER BY entry.home, entry.type, entry.recency, entry.key";
/// Which of some versions are still the current ones.
pub(super) const UNCHANGED: &str = "SELECT known.place
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) WITH ORDINALITY
        AS known (home, type, recency, key, version, place)
    JOIN entry ON entry.home = known.home AND entry.type = known.type AND entry.recency = known.recency
        AND entry.key = known.key AND entry.version = known.version";
pub(super) const ENTRY_MOVE: &str = "UPDATE entry
    SET home = moved.new_home, recency = moved.new_recency, signature = moved.signature, rows = moved.rows
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[])
        AS moved (home, type, recency, key, new_home, new_recency, signature, rows)
    WHERE entry.home = moved.home AND entry.type = moved.type AND entry.recency = moved.recency
        AND entry.key = moved.key";
pub(super) const DIRECTORY_MOVE: &str = "UPDATE directory SET home = moved.home, recency = moved.recency
    FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[]) AS moved (type, id, home, recency)
    WHERE directory.type = moved.type AND directory.id = moved.id";
pub(super) const TOKENS_MISSING: &str = "SELECT known.key
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS known (home, recency, key, parameter, hash)
    WHERE NOT EXISTS (SELECT 1 FROM token WHERE token.parameter = known.parameter AND token.hash = known.hash
        AND token.recency = known.recency AND token.key = known.key AND token.home = known.home OFFSET 0)";
pub(super) const NUMBERS_MISSING: &str = "SELECT known.key
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::double precision[])
        AS known (home, recency, key, parameter, unit, value)
    WHERE NOT EXISTS (SELECT 1 FROM number WHERE number.parameter = known.parameter AND number.unit = known.unit
        AND number.value = known.value AND number.recency = known.recency AND number.key = known.key
        AND number.home = known.home OFFSET 0)";
pub(super) const TEXTS_MISSING: &str = "SELECT known.key
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
        AS known (home, recency, key, parameter, text)
    WHERE NOT EXISTS (SELECT 1 FROM text WHERE text.parameter = known.parameter AND text.text = known.text
        AND text.recency = known.recency AND text.key = known.key AND text.home = known.home OFFSET 0)";
pub(super) const DATES_MISSING: &str = "SELECT known.key
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
        AS known (home, recency, key, parameter, span, low, high)
    WHERE NOT EXISTS (SELECT 1 FROM date WHERE date.parameter = known.parameter AND date.span = known.span
        AND date.low = known.low AND date.high = known.high AND date.recency = known.recency
        AND date.key = known.key AND date.home = known.home OFFSET 0)";
pub(super) const BLOB_USES_MISSING: &str = "SELECT known.place
    FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS known (hash, key, version, place)
    WHERE NOT EXISTS (SELECT 1 FROM blob_use WHERE blob_use.hash = known.hash AND blob_use.key = known.key
        AND blob_use.version = known.version)";
pub(super) const TOMBSTONES_WRONG: &str = "SELECT count(*) FROM directory AS found WHERE found.deleted
    AND found.version IS DISTINCT FROM
        (SELECT max(version) FROM past WHERE past.home = found.home AND past.key = found.key)";
pub(super) const COUNTS_MISSING: &str = "SELECT count(DISTINCT type) FROM type_row
    WHERE type NOT IN (SELECT type FROM type_count)";
pub(super) const COUNTS_WRONG: &str = "SELECT count(*) FROM type_count AS stated WHERE stated.count !=
    (SELECT count(*) FROM type_row WHERE type_row.type = stated.type)";
