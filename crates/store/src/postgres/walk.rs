//! Walks along the index, and counts of what a walk would see. What narrows a walk is part of its statement, so that a
//! walk is one question to the server, however many rows it looks at there.

use super::connection::Parameter;
use super::snapshot::{PostgresSnapshot, id_bytes};
use super::statements as sql;
use crate::error::StoreError;
use crate::row_set::DATE_SPANS;
use crate::snapshot::{Leaf, Place, Position, TokenGroups, Walk, Walked};
use crate::stored_id::StoredId;
use fhir::schema::TypeId;
use search::rows::ParameterKey;
use std::ops::Range;
use tokio_postgres::types::ToSql;

/// The parameters of a statement that is put together.
#[derive(Default)]
struct Parameters(Vec<Box<dyn ToSql + Sync>>);

impl Parameters {
    /// Adds one, and gives its name in the text.
    fn take(&mut self, value: impl ToSql + Sync + 'static) -> String {
        self.0.push(Box::new(value));
        format!("${}", self.0.len())
    }

    fn all(&self) -> Vec<Parameter<'_>> {
        self.0.iter().map(|value| &**value as Parameter).collect()
    }
}

/// Rows that lie together: their table, and what holds for them. Rows of dates are in three such ranges.
struct Rows {
    table: &'static str,
    /// `''` where the table has none.
    signature: &'static str,
    ranges: Vec<String>,
}

impl PostgresSnapshot<'_> {
    /// Walks along a leaf.
    pub(super) fn walk_leaf(&self, walk: &Walk) -> Result<Walked, StoreError> {
        match walk.leaf {
            Leaf::Ids(type_id, ids) => self.walk_ids(walk, *type_id, ids),
            leaf if leaf.is_ordered() => self.walk_ordered(walk),
            _ => self.walk_unordered(walk),
        }
    }

    /// Counts the rows of a leaf up to a cap.
    pub(super) fn count_leaf(
        &self,
        leaf: &Leaf,
        recency: &Range<i64>,
        cap: usize,
    ) -> Result<usize, StoreError> {
        if let Leaf::Ids(_, ids) = leaf {
            return Ok(ids.len().min(cap));
        }
        let mut parameters = Parameters::default();
        let Some(rows) = self.rows(leaf, &mut parameters) else { return Ok(0) };
        let within = match leaf.is_ordered() {
            true => condition(&leaf.within(recency), None, &mut parameters),
            false => "true".to_owned(),
        };
        let most = parameters.take(most(cap));
        let table = rows.table;
        let parts: Vec<String> = rows
            .ranges
            .iter()
            .map(|range| format!("(SELECT 1 FROM {table} WHERE {range} AND {within} LIMIT {most})"))
            .collect();
        let text = format!(
            "SELECT count(*) FROM (SELECT 1 FROM ({}) AS rows LIMIT {most}) AS counted",
            parts.join(" UNION ALL ")
        );
        let row = self.connection.query_one("count rows of the index", &text, &parameters.all())?;
        Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or(0))
    }

    /// Where the rows of a leaf lie; `None` when nothing was ever written for its parameter.
    fn rows(&self, leaf: &Leaf, parameters: &mut Parameters) -> Option<Rows> {
        let number = |parameter: &ParameterKey| self.dictionary.parameter(parameter.0, parameter.1);
        let mut name = |value: i64| parameters.take(value);
        let rows = |table, range: String| Rows { table, signature: "''::bytea", ranges: vec![range] };
        Some(match leaf {
            Leaf::Ids(..) => return None,
            Leaf::Home(type_id, home) => {
                let (home, of_type) = (name(*home), name(self.dictionary.type_number(*type_id)));
                let ranges = vec![format!("home = {home} AND type = {of_type}")];
                Rows { table: "entry", signature: "signature", ranges }
            }
            Leaf::Type(type_id) | Leaf::TypeWithin(type_id, ..) => {
                let ranges = vec![format!("type = {}", name(self.dictionary.type_number(*type_id)))];
                Rows { table: "type_row", signature: "signature", ranges }
            }
            Leaf::Token(parameter, hash) => {
                let (parameter, hash) = (name(number(parameter)?), name(*hash));
                rows("token", format!("parameter = {parameter} AND hash = {hash}"))
            }
            Leaf::Number(parameter, unit, low, high) => {
                let (parameter, unit) = (name(number(parameter)?), name(*unit));
                let (low, high) = (parameters.take(*low), parameters.take(*high));
                let range = format!(
                    "parameter = {parameter} AND unit = {unit} AND value >= {low} AND value <= {high}"
                );
                rows("number", range)
            }
            Leaf::Text(parameter, prefix) => {
                let parameter = name(number(parameter)?);
                let low = parameters.take(prefix.clone().into_bytes());
                let high = parameters.take(format!("{prefix}{}", char::MAX).into_bytes());
                rows("text", format!("parameter = {parameter} AND text >= {low} AND text < {high}"))
            }
            Leaf::Date(parameter, low, high) => {
                let (parameter, low_name, high) = (name(number(parameter)?), name(*low), name(*high));
                let range = |(span, longest): (i64, i64)| {
                    let first = name(low.saturating_sub(longest));
                    format!(
                        "parameter = {parameter} AND span = {span} AND low >= {first} AND low < {high} \
                         AND high > {low_name}"
                    )
                };
                Rows {
                    table: "date",
                    signature: "''::bytea",
                    ranges: DATE_SPANS.into_iter().map(range).collect(),
                }
            }
        })
    }

    /// In order, the rows of a leaf come as they lie: the server stops when the page is full.
    fn walk_ordered(&self, walk: &Walk) -> Result<Walked, StoreError> {
        let mut parameters = Parameters::default();
        let Some(rows) = self.rows(walk.leaf, &mut parameters) else {
            return Ok(Walked { done: true, is_narrowed: true, ..Walked::default() });
        };
        let within = condition(&walk.leaf.within(&walk.recency), walk.behind, &mut parameters);
        let signatures: &[Vec<u32>] = if rows.signature == "signature" { walk.signature } else { &[] };
        let narrowed = self.narrowing(signatures, walk.tokens, &mut parameters);
        let (limit, examine) = (parameters.take(most(walk.limit)), parameters.take(most(walk.examine)));
        let (table, signature, range) = (rows.table, rows.signature, &rows.ranges[0]);
        // The row at which the walk must stop is given too, so that its end can be told from a stop.
        let text = format!(
            "SELECT recency, key, home, number, {narrowed} FROM (
                SELECT *, row_number() OVER () AS number FROM (
                    SELECT recency, key, home, {signature} AS signature FROM {table}
                    WHERE {range} AND {within} ORDER BY recency DESC, key DESC LIMIT {examine}) AS ordered) AS walked
            WHERE number = {examine} OR {narrowed} LIMIT {limit}"
        );
        let found = self.query("walk the index", &text, &parameters.all())?;
        let type_id = walk.leaf.type_id();
        let mut walked = Walked { is_narrowed: true, ..Walked::default() };
        for row in &found {
            let position = Position { recency: row.get(0), key: row.get(1) };
            walked.last = Some(position);
            walked.examined = usize::try_from(row.get::<_, i64>(3)).unwrap_or(usize::MAX);
            if row.get(4) {
                walked.places.push(Place { position, home: row.get(2), type_id });
            }
        }
        walked.done = found.len() < walk.limit && walked.examined < walk.examine;
        Ok(walked)
    }

    /// Rows in the order of their values: the server takes the most recent, or all when they are not too many.
    fn walk_unordered(&self, walk: &Walk) -> Result<Walked, StoreError> {
        let mut walked = Walked { done: true, is_narrowed: true, ..Walked::default() };
        let mut parameters = Parameters::default();
        let Some(rows) = self.rows(walk.leaf, &mut parameters) else { return Ok(walked) };
        let within = condition(&walk.recency, walk.behind, &mut parameters);
        let narrowed = self.narrowing(&[], walk.tokens, &mut parameters);
        let is_whole = walk.limit >= walk.examine;
        let wanted = if is_whole { walk.examine.saturating_add(1) } else { walk.limit };
        let limit = parameters.take(most(wanted));
        let table = rows.table;
        let part = |range: &String| {
            format!(
                "(SELECT recency, key, home FROM {table} AS walked WHERE {range} AND {within} AND {narrowed}
                ORDER BY recency DESC, key DESC LIMIT {limit})"
            )
        };
        let parts: Vec<String> = rows.ranges.iter().map(part).collect();
        let text = format!(
            "SELECT recency, key, home FROM ({}) AS parts ORDER BY recency DESC, key DESC LIMIT {limit}",
            parts.join(" UNION ALL ")
        );
        let found = self.query("walk the index", &text, &parameters.all())?;
        walked.examined = found.len();
        walked.done = found.len() < wanted;
        if is_whole && !walked.done {
            return Ok(walked);
        }
        let type_id = walk.leaf.type_id();
        let place = |row: &tokio_postgres::Row| Place {
            position: Position { recency: row.get(0), key: row.get(1) },
            home: row.get(2),
            type_id,
        };
        walked.places = found.iter().map(place).collect();
        walked.places.dedup();
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }

    fn walk_ids(&self, walk: &Walk, type_id: TypeId, ids: &[String]) -> Result<Walked, StoreError> {
        let number = self.dictionary.type_number(type_id);
        let wanted: Vec<Vec<u8>> = ids.iter().map(|id| id_bytes(&StoredId::new(id))).collect();
        let behind = walk.behind.unwrap_or(FIRST);
        let most = walk.recency.end.saturating_sub(1);
        let parameters: [Parameter; 6] =
            [&number, &wanted, &walk.recency.start, &most, &behind.recency, &behind.key];
        let found = self.query("find resources by id", sql::IDS_FIND, &parameters)?;
        let place = |row: &tokio_postgres::Row| Place {
            position: Position { recency: row.get(0), key: row.get(1) },
            home: row.get(2),
            type_id,
        };
        let mut walked = Walked {
            places: found.iter().map(place).collect(),
            examined: ids.len(),
            done: true,
            ..Walked::default()
        };
        walked.places.dedup();
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }

    /// The groups of tokens as numbers of parameters and hashes. A token that was never written is in no document.
    pub(super) fn token_groups(&self, tokens: &TokenGroups) -> Vec<(Vec<i64>, Vec<i64>)> {
        let number = |(parameter, hash): &(ParameterKey, i64)| {
            Some((self.dictionary.parameter(parameter.0, parameter.1)?, *hash))
        };
        tokens.iter().map(|group| group.iter().filter_map(number).unzip()).collect()
    }

    /// What narrows a walk: of each group of hashes one is in the signature, and of each group of tokens one is there.
    /// A hash may be found where two others meet; the matcher looks at every candidate anyway.
    fn narrowing(
        &self,
        signatures: &[Vec<u32>],
        tokens: &TokenGroups,
        parameters: &mut Parameters,
    ) -> String {
        let mut conditions = vec!["true".to_owned()];
        for group in signatures {
            let hashes: Vec<Vec<u8>> = group.iter().map(|hash| hash.to_le_bytes().to_vec()).collect();
            let hashes = parameters.take(hashes);
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM unnest({hashes}::bytea[]) AS hash WHERE position(hash IN walked.signature) > 0)"
            ));
        }
        for (numbers, hashes) in self.token_groups(tokens) {
            let (numbers, hashes) = (parameters.take(numbers), parameters.take(hashes));
            // The offset keeps the planner from turning what is asked of each row into a join of two tables.
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM unnest({numbers}::bigint[], {hashes}::bigint[]) AS wanted (parameter, hash)
                JOIN token ON token.parameter = wanted.parameter AND token.hash = wanted.hash
                WHERE token.recency = walked.recency AND token.key = walked.key AND token.home = walked.home OFFSET 0)"
            ));
        }
        conditions.join(" AND ")
    }
}

/// Behind this place lies everything.
const FIRST: Position = Position { recency: i64::MAX, key: i64::MAX };

/// A range of recency behind a place.
fn condition(recency: &Range<i64>, behind: Option<Position>, parameters: &mut Parameters) -> String {
    let behind = behind.unwrap_or(FIRST);
    let most = recency.end.saturating_sub(1).min(behind.recency);
    let (least, most) = (parameters.take(recency.start), parameters.take(most));
    let (at, key) = (parameters.take(behind.recency), parameters.take(behind.key));
    format!("recency >= {least} AND recency <= {most} AND (recency, key) < ({at}::bigint, {key}::bigint)")
}

fn most(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
