//! Walks along the index, and counts of what a walk would see.

use super::failure::failed;
use super::snapshot::{SqliteSnapshot, locate};
use super::statements as sql;
use crate::error::StoreError;
use crate::row_set::{DATE_SPANS, signature_meets};
use crate::snapshot::{Leaf, Place, Position, TokenGroups, Walk, Walked};
use crate::stored_id::StoredId;
use fhir::schema::TypeId;
use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};
use search::rows::ParameterKey;
use std::ops::Range;

/// Rows that lie in the order of their values: the statements that read all of them, read the most recent, and count
/// them, with the parameters that all have. Those of the second follow them; counting takes one more, the most that it
/// counts.
struct Rows {
    walk: &'static str,
    recent: &'static str,
    count: &'static str,
    parameters: Vec<Value>,
}

impl SqliteSnapshot<'_> {
    /// Walks along a leaf.
    pub(super) fn walk_leaf(&self, walk: &Walk) -> Result<Walked, StoreError> {
        match walk.leaf {
            Leaf::Ids(type_id, ids) => self.walk_ids(walk, *type_id, ids),
            Leaf::Number(..) | Leaf::Text(..) | Leaf::Date(..) => match walk.limit < walk.examine {
                true => self.walk_recent(walk),
                false => self.walk_unordered(walk),
            },
            leaf => self.walk_ordered(&Walk { recency: leaf.within(&walk.recency), ..*walk }),
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
        if let Some((_, text, by)) = self.ordered(leaf) {
            let recency = leaf.within(recency);
            let bounds = [recency.start, recency.end.saturating_sub(1), most(cap)];
            return self.count(text, bounds.into_iter().chain(by.into_iter().flatten()).map(Value::from));
        }
        let mut count = 0;
        for Rows { count: text, mut parameters, .. } in self.unordered(leaf) {
            parameters.push(most(cap - count).into());
            count += self.count(text, parameters.into_iter())?;
            if count >= cap {
                break;
            }
        }
        Ok(count.min(cap))
    }

    fn count(&self, text: &str, parameters: impl Iterator<Item = Value>) -> Result<usize, StoreError> {
        let count: i64 = self
            .connection
            .prepare_cached(text)
            .and_then(|mut statement| statement.query_row(params_from_iter(parameters), |row| row.get(0)))
            .map_err(failed("count rows of the index"))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// The statements that walk and count a leaf in order, and what names its rows; `None` for other leaves and for
    /// rows that were never written.
    fn ordered(&self, leaf: &Leaf) -> Option<(&'static str, &'static str, [Option<i64>; 2])> {
        let of_type = |type_id: &TypeId| Some(self.dictionary.type_number(*type_id));
        match leaf {
            Leaf::Home(type_id, home) => {
                Some((sql::WALK_HOME, sql::COUNT_HOME, [Some(*home), of_type(type_id)]))
            }
            Leaf::Type(type_id) | Leaf::TypeWithin(type_id, ..) => {
                Some((sql::WALK_TYPE, sql::COUNT_TYPE, [of_type(type_id), None]))
            }
            Leaf::Token(parameter, hash) => {
                let number = self.parameter(parameter)?;
                Some((sql::WALK_TOKEN, sql::COUNT_TOKEN, [Some(number), Some(*hash)]))
            }
            _ => None,
        }
    }

    /// The number of a parameter and its type; `None` when nothing was ever written for it.
    fn parameter(&self, parameter: &ParameterKey) -> Option<i64> {
        self.dictionary.parameter(parameter.0, parameter.1)
    }

    fn walk_ordered(&self, walk: &Walk) -> Result<Walked, StoreError> {
        let failed = || failed("walk the index");
        let Some((text, _, by)) = self.ordered(walk.leaf) else {
            return Ok(Walked { done: true, is_narrowed: true, ..Walked::default() });
        };
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        let most = walk.recency.end.saturating_sub(1).min(behind.recency);
        let bounds = [walk.recency.start, most, behind.recency, behind.key];
        let parameters = bounds.into_iter().chain(by.into_iter().flatten());
        let type_id = walk.leaf.type_id();
        let groups = self.token_groups(walk.tokens);
        let mut statement = self.connection.prepare_cached(text).map_err(failed())?;
        let mut rows = statement.query(params_from_iter(parameters)).map_err(failed())?;
        let mut walked = Walked { is_narrowed: true, ..Walked::default() };
        while walked.places.len() < walk.limit && walked.examined < walk.examine {
            let Some(row) = rows.next().map_err(failed())? else {
                walked.done = true;
                break;
            };
            walked.examined += 1;
            let position =
                Position { recency: row.get(0).map_err(failed())?, key: row.get(1).map_err(failed())? };
            walked.last = Some(position);
            let signature = row.get_ref(3).map_err(failed())?.as_blob().unwrap_or_default();
            let has_signature = !matches!(walk.leaf, Leaf::Token(..));
            if has_signature && !signature_meets(signature, walk.signature) {
                continue;
            }
            if self.probe_tokens(&groups, position)? {
                walked.places.push(Place { position, home: row.get(2).map_err(failed())?, type_id });
            }
        }
        Ok(walked)
    }

    /// The groups of tokens with numbers for names. A token that was never written is in no document.
    pub(super) fn token_groups(&self, tokens: &TokenGroups) -> Vec<Vec<(i64, i64)>> {
        let number = |(parameter, hash): &(ParameterKey, i64)| Some((self.parameter(parameter)?, *hash));
        tokens.iter().map(|group| group.iter().filter_map(number).collect()).collect()
    }

    pub(super) fn probe_tokens(&self, groups: &[Vec<(i64, i64)>], at: Position) -> Result<bool, StoreError> {
        for group in groups {
            let mut found = false;
            for (parameter, hash) in group {
                found = self
                    .connection
                    .prepare_cached(sql::PROBE_TOKEN)
                    .and_then(|mut statement| statement.exists(params![parameter, hash, at.recency, at.key]))
                    .map_err(failed("look for a token"))?;
                if found {
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the most recent of a leaf that is not in order: SQLite looks at all, and gives only these.
    fn walk_recent(&self, walk: &Walk) -> Result<Walked, StoreError> {
        let mut walked = Walked { done: true, ..Walked::default() };
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        let greatest = walk.recency.end.saturating_sub(1).min(behind.recency);
        let bounds = [walk.recency.start, greatest, behind.recency, behind.key, most(walk.limit)];
        for Rows { recent, mut parameters, .. } in self.unordered(walk.leaf) {
            let before = walked.examined;
            parameters.extend(bounds.map(Value::from));
            self.collect(recent, &parameters, walk, &mut walked)?;
            walked.done &= walked.examined - before < walk.limit;
        }
        walked.places.sort_unstable_by_key(|place| std::cmp::Reverse(place.position));
        if !walked.done {
            // Those behind may stand before others that were not given.
            walked.places.truncate(walk.limit);
        }
        walked.places.dedup();
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }

    /// Walks all of a leaf that is not in order, or notes that it is too long.
    fn walk_unordered(&self, walk: &Walk) -> Result<Walked, StoreError> {
        let mut walked = Walked { done: true, ..Walked::default() };
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        for Rows { walk: text, parameters, .. } in self.unordered(walk.leaf) {
            self.collect(text, &parameters, walk, &mut walked)?;
            if !walked.done {
                return Ok(walked);
            }
        }
        walked
            .places
            .retain(|place| place.position < behind && walk.recency.contains(&place.position.recency));
        walked.places.sort_unstable_by_key(|place| std::cmp::Reverse(place.position));
        walked.places.dedup();
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }

    fn collect(
        &self,
        text: &str,
        parameters: &[Value],
        walk: &Walk,
        walked: &mut Walked,
    ) -> Result<(), StoreError> {
        let failed = || failed("walk the index");
        let type_id = walk.leaf.type_id();
        let mut statement = self.connection.prepare_cached(text).map_err(failed())?;
        let mut rows = statement.query(params_from_iter(parameters)).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            walked.examined += 1;
            if walked.examined > walk.examine {
                walked.done = false;
                walked.places.clear();
                break;
            }
            let position =
                Position { recency: row.get(0).map_err(failed())?, key: row.get(1).map_err(failed())? };
            walked.places.push(Place { position, home: row.get(2).map_err(failed())?, type_id });
        }
        Ok(())
    }

    /// How a leaf that is not in order is read; nothing when nothing was ever written for its parameter.
    fn unordered(&self, leaf: &Leaf) -> Vec<Rows> {
        let (Leaf::Number(parameter, ..) | Leaf::Text(parameter, _) | Leaf::Date(parameter, ..)) = leaf
        else {
            return Vec::new();
        };
        let Some(number) = self.parameter(parameter) else { return Vec::new() };
        match leaf {
            Leaf::Number(_, unit, low, high) => {
                let parameters = vec![number.into(), (*unit).into(), (*low).into(), (*high).into()];
                vec![Rows {
                    walk: sql::WALK_NUMBER,
                    recent: sql::RECENT_NUMBER,
                    count: sql::COUNT_NUMBER,
                    parameters,
                }]
            }
            Leaf::Text(_, prefix) => {
                let end = format!("{prefix}{}", char::MAX);
                let parameters = vec![number.into(), prefix.clone().into(), end.into()];
                vec![Rows {
                    walk: sql::WALK_TEXT,
                    recent: sql::RECENT_TEXT,
                    count: sql::COUNT_TEXT,
                    parameters,
                }]
            }
            Leaf::Date(_, low, high) => {
                let class = |(span, longest): (i64, i64)| {
                    let first = low.saturating_sub(longest);
                    let bounds = [number, span, first, *high, *low];
                    let parameters = bounds.map(Value::from).to_vec();
                    Rows {
                        walk: sql::WALK_DATE,
                        recent: sql::RECENT_DATE,
                        count: sql::COUNT_DATE,
                        parameters,
                    }
                };
                DATE_SPANS.into_iter().map(class).collect()
            }
            _ => Vec::new(),
        }
    }

    fn walk_ids(&self, walk: &Walk, type_id: TypeId, ids: &[String]) -> Result<Walked, StoreError> {
        let type_number = self.dictionary.type_number(type_id);
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        let mut walked = Walked { done: true, ..Walked::default() };
        for id in ids {
            walked.examined += 1;
            let Some(located) = locate(self.connection, type_number, &StoredId::new(id))? else { continue };
            let position = Position { recency: located.recency, key: located.key };
            if !located.deleted && position < behind && walk.recency.contains(&position.recency) {
                walked.places.push(Place { position, home: located.home, type_id });
            }
        }
        walked.places.sort_unstable_by_key(|place| std::cmp::Reverse(place.position));
        walked.places.dedup();
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }
}

fn most(cap: usize) -> i64 {
    i64::try_from(cap).unwrap_or(i64::MAX)
}
