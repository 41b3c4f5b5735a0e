//! Walks along the index, and counts of what a walk would see. What narrows a walk is part of its statement, so that a
//! walk is one question to the server, however many rows it looks at there.

use super::connection::{Call, Parameter};
use super::snapshot::{PostgresSnapshot, id_bytes};
use crate::error::StoreError;
use crate::row_set::DATE_SPANS;
use crate::snapshot::{Leaf, Place, Position, TokenGroups, Walk, Walked};
use crate::stored_id::StoredId;
use fhir::schema::TypeId;
use search::rows::ParameterKey;
use std::ops::Range;
use tokio_postgres::Row;
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

/// A statement that is put together.
struct Question {
    text: String,
    parameters: Parameters,
}

impl Question {
    fn call(&self) -> Call<'_> {
        Call::new(&self.text, self.parameters.all())
    }
}

impl PostgresSnapshot<'_> {
    /// Walks along leaves: all at once.
    pub(super) fn walk_leaves(&self, walks: &[Walk]) -> Result<Vec<Walked>, StoreError> {
        let question = |walk: &Walk| match walk.leaf {
            Leaf::Ids(type_id, ids) => Some(self.ask_for_ids(walk, *type_id, ids)),
            leaf if leaf.is_ordered() => self.ask_in_order(walk),
            _ => self.ask_most_recent(walk),
        };
        let questions: Vec<Option<Question>> = walks.iter().map(question).collect();
        let mut answers = self.ask("walk the index", &questions)?.into_iter();
        let walked = |(walk, question): (&Walk, &Option<Question>)| {
            // Where nothing was ever written for a parameter, there is nothing to walk along.
            let rows = question.as_ref().and_then(|_| answers.next()).unwrap_or_default();
            match walk.leaf {
                Leaf::Ids(_, ids) => walked_whole(walk, ids.len(), &rows),
                leaf if leaf.is_ordered() => walked_in_order(walk, &rows),
                _ => walked_most_recent(walk, &rows),
            }
        };
        Ok(walks.iter().zip(&questions).map(walked).collect())
    }

    /// Counts the rows of leaves up to a cap: all at once.
    pub(super) fn count_leaves(
        &self,
        leaves: &[&Leaf],
        recency: &Range<i64>,
        cap: usize,
    ) -> Result<Vec<usize>, StoreError> {
        let questions: Vec<Option<Question>> =
            leaves.iter().map(|leaf| self.ask_how_many(leaf, recency, cap)).collect();
        let mut answers = self.ask("count rows of the index", &questions)?.into_iter();
        let count = |question: &Option<Question>| {
            let rows = question.as_ref().and_then(|_| answers.next()).unwrap_or_default();
            rows.first().map_or(0, |row| usize::try_from(row.get::<_, i64>(0)).unwrap_or(0))
        };
        Ok(questions.iter().map(count).collect())
    }

    /// The answers to questions, without those that are none.
    fn ask(
        &self,
        context: &'static str,
        questions: &[Option<Question>],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let calls: Vec<Call> = questions.iter().flatten().map(Question::call).collect();
        self.connection.pipeline(context, &calls)
    }

    fn ask_how_many(&self, leaf: &Leaf, recency: &Range<i64>, cap: usize) -> Option<Question> {
        let mut parameters = Parameters::default();
        let rows = self.rows(leaf, &mut parameters)?;
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
        Some(Question { text, parameters })
    }

    /// Where the rows of a leaf lie; `None` when nothing was ever written for its parameter.
    fn rows(&self, leaf: &Leaf, parameters: &mut Parameters) -> Option<Rows> {
        let number = |parameter: &ParameterKey| self.moment.dictionary.parameter(parameter.0, parameter.1);
        let mut name = |value: i64| parameters.take(value);
        let rows = |table, range: String| Rows { table, signature: "''::bytea", ranges: vec![range] };
        Some(match leaf {
            Leaf::Ids(..) => return None,
            Leaf::Home(type_id, home) => {
                let (home, of_type) = (name(*home), name(self.moment.dictionary.type_number(*type_id)));
                let ranges = vec![format!("home = {home} AND type = {of_type}")];
                Rows { table: "entry", signature: "signature", ranges }
            }
            Leaf::Type(type_id) | Leaf::TypeWithin(type_id, ..) => {
                let ranges = vec![format!("type = {}", name(self.moment.dictionary.type_number(*type_id)))];
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
    fn ask_in_order(&self, walk: &Walk) -> Option<Question> {
        let mut parameters = Parameters::default();
        let rows = self.rows(walk.leaf, &mut parameters)?;
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
        Some(Question { text, parameters })
    }

    /// Rows in the order of their values: the server takes the most recent, or all when they are not too many.
    fn ask_most_recent(&self, walk: &Walk) -> Option<Question> {
        let mut parameters = Parameters::default();
        let rows = self.rows(walk.leaf, &mut parameters)?;
        let within = condition(&walk.recency, walk.behind, &mut parameters);
        let narrowed = self.narrowing(&[], walk.tokens, &mut parameters);
        let limit = parameters.take(most(wanted(walk)));
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
        Some(Question { text, parameters })
    }

    fn ask_for_ids(&self, walk: &Walk, type_id: TypeId, ids: &[String]) -> Question {
        let mut parameters = Parameters::default();
        let of_type = parameters.take(self.moment.dictionary.type_number(type_id));
        let ids: Vec<Vec<u8>> = ids.iter().map(|id| id_bytes(&StoredId::new(id))).collect();
        let ids = parameters.take(ids);
        let within = condition(&walk.recency, walk.behind, &mut parameters);
        let narrowed = self.narrowing(&[], walk.tokens, &mut parameters);
        let text = format!(
            "SELECT recency, key, home FROM unnest({ids}::bytea[]) AS wanted (id)
            JOIN directory AS walked ON walked.type = {of_type} AND walked.id = wanted.id
            WHERE NOT walked.deleted AND {within} AND {narrowed} ORDER BY recency DESC, key DESC"
        );
        Question { text, parameters }
    }

    /// The groups of tokens as numbers of parameters and hashes. A token that was never written is in no document.
    pub(super) fn token_groups(&self, tokens: &TokenGroups) -> Vec<(Vec<i64>, Vec<i64>)> {
        let number = |(parameter, hash): &(ParameterKey, i64)| {
            Some((self.moment.dictionary.parameter(parameter.0, parameter.1)?, *hash))
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

/// What was found of a walk that has an end.
fn walked_whole(walk: &Walk, examined: usize, rows: &[Row]) -> Walked {
    let mut places: Vec<Place> = rows.iter().map(|row| place(row, walk.leaf.type_id())).collect();
    places.dedup();
    let last = places.last().map(|place| place.position);
    Walked { places, last, examined, done: true, is_narrowed: true }
}

fn walked_in_order(walk: &Walk, rows: &[Row]) -> Walked {
    let mut walked = Walked { is_narrowed: true, ..Walked::default() };
    for row in rows {
        let place = place(row, walk.leaf.type_id());
        walked.last = Some(place.position);
        walked.examined = usize::try_from(row.get::<_, i64>(3)).unwrap_or(usize::MAX);
        if row.get(4) {
            walked.places.push(place);
        }
    }
    walked.done = rows.len() < walk.limit && walked.examined < walk.examine;
    walked
}

fn walked_most_recent(walk: &Walk, rows: &[Row]) -> Walked {
    let done = rows.len() < wanted(walk);
    if is_whole(walk) && !done {
        return Walked { examined: rows.len(), is_narrowed: true, ..Walked::default() };
    }
    Walked { done, ..walked_whole(walk, rows.len(), rows) }
}

/// Whether a leaf without order is walked to its end or not at all.
fn is_whole(walk: &Walk) -> bool {
    walk.limit >= walk.examine
}

/// Rows asked for of a leaf without order: one more than may be, where all are wanted.
fn wanted(walk: &Walk) -> usize {
    if is_whole(walk) { walk.examine.saturating_add(1) } else { walk.limit }
}

fn place(row: &Row, type_id: TypeId) -> Place {
    Place { position: Position { recency: row.get(0), key: row.get(1) }, home: row.get(2), type_id }
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
