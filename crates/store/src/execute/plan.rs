//! Which index rows to walk for a type: the fewest that surely hold every match.

use super::first_matches;
use super::limits::SearchLimits;
use super::referrers::{KnownReferrers, Referrers};
use crate::error::StoreError;
use crate::snapshot::{Leaf, Snapshot, TokenGroups};
use fhir::schema::TypeId;
use search::access::{Access, access, code_of_pair, reference_access, signature_hashes};
use search::include::references;
use search::parameter::{ParameterKind, parameter};
use search::query::{Clause, Criterion, Test};
use search::value::ValueTest;
use std::ops::Range;
use std::rc::Rc;

/// What to walk, and what narrows the walk.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// The leaves, merged.
    pub leaves: Vec<Leaf>,
    /// Recency within this range.
    pub recency: Range<i64>,
    /// Hashes of which a document has one of each group.
    pub signature: Vec<Vec<u32>>,
    /// Tokens of which a document has one of each group.
    pub tokens: TokenGroups,
    /// What refers to a match: matches lie in the same record.
    pub concerning: Option<Rc<Referrers>>,
}

/// Makes plans.
pub(super) struct Planner<'a> {
    pub snapshot: &'a dyn Snapshot,
    pub ports: &'a dyn search::Ports,
    pub limits: &'a SearchLimits,
    pub referrers: &'a KnownReferrers,
}

/// What the clauses say about where matches lie.
struct Knowledge {
    recency: Range<i64>,
    signature: Vec<Vec<u32>>,
    tokens: TokenGroups,
    /// Each of these finds all matches.
    ways: Vec<Vec<Leaf>>,
    /// Ways that cost a search of their own.
    deferred: Vec<Access>,
    /// What refers to a match.
    concerning: Option<Rc<Referrers>>,
    /// What clauses on the principal date leave: short intervals by their recency, and long ones by their rows.
    principal: Option<(Range<i64>, Vec<Leaf>)>,
}

/// Leaves of a clause, as far as it can be told.
enum Leaves {
    These(Vec<Leaf>),
    /// No narrower than the type.
    Unknown,
}

impl Planner<'_> {
    /// The plan for a type; `None` when nothing can match.
    pub fn plan(&self, type_id: TypeId, clauses: &[Clause]) -> Result<Option<Plan>, StoreError> {
        let mut knowledge = Knowledge::of(type_id);
        self.learn(type_id, clauses, &mut knowledge);
        self.learn_words(type_id, clauses, &mut knowledge)?;
        self.plan_by(type_id, knowledge)
    }

    /// The plan for resources that refer to a target, which is a better way to them than what a clause says of them.
    pub fn plan_reference(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> Plan {
        let mut knowledge = Knowledge::of(source);
        self.learn(source, std::slice::from_ref(clause), &mut knowledge);
        knowledge.ways.truncate(1);
        knowledge.take(reference_access(source, parameter, target), self.limits);
        let leaves = knowledge.ways.pop().unwrap_or_default();
        let Knowledge { recency, signature, tokens, .. } = knowledge;
        Plan { leaves, recency, signature, tokens, concerning: None }
    }

    /// The plan for resources that refer to a target and for which a clause holds.
    pub fn plan_referring(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> Result<Option<Plan>, StoreError> {
        let mut knowledge = Knowledge::of(source);
        self.learn(source, std::slice::from_ref(clause), &mut knowledge);
        // A search for every candidate would cost more than it saves.
        knowledge.deferred.clear();
        if self.snapshot.is_index_current() {
            knowledge.take(reference_access(source, parameter, target), self.limits);
        }
        self.plan_by(source, knowledge)
    }

    /// What clauses say about where matches lie. An index of other rules says nothing.
    fn learn(&self, type_id: TypeId, clauses: &[Clause], knowledge: &mut Knowledge) {
        if !self.snapshot.is_index_current() {
            return;
        }
        for clause in conditions(clauses) {
            knowledge.take_signature(signature_hashes(type_id, clause).unwrap_or_default());
            let code = code_of_pair(type_id, clause);
            let accesses = [Some(clause), code.as_ref()].into_iter().flatten();
            for access in accesses.filter_map(|clause| access(type_id, clause, self.ports)) {
                knowledge.take(access, self.limits);
            }
        }
    }

    /// Where documents with words lie, when the index of words is at hand and names few enough.
    fn learn_words(
        &self,
        type_id: TypeId,
        clauses: &[Clause],
        knowledge: &mut Knowledge,
    ) -> Result<(), StoreError> {
        for clause in conditions(clauses) {
            let Clause::Parameter(Criterion { test: Test::AnyOf(values), .. }) = clause else { continue };
            let [ValueTest::Words(test)] = values.as_slice() else { continue };
            if let Some(ids) = self.snapshot.with_words(type_id, test, self.limits.with_words)? {
                knowledge.ways.push(if ids.is_empty() { Vec::new() } else { vec![Leaf::Ids(type_id, ids)] });
            }
        }
        Ok(())
    }

    fn plan_by(&self, type_id: TypeId, mut knowledge: Knowledge) -> Result<Option<Plan>, StoreError> {
        if let Some((range, rows)) = knowledge.principal.take() {
            let mut way = vec![Leaf::TypeWithin(type_id, range.start, range.end)];
            way.extend(rows);
            knowledge.ways.push(way);
        }
        let Some(leaves) = self.choose(&mut knowledge)? else { return Ok(None) };
        // A walk along a token need not look for it again. Rows of a code and a value are so few that each is read.
        let is_pairs = leaves.iter().all(is_pair);
        knowledge.tokens.retain(|group| !is_pairs && !is_group_of(group, &leaves));
        let Knowledge { recency, signature, tokens, concerning, .. } = knowledge;
        Ok(Some(Plan { leaves, recency, signature, tokens, concerning }))
    }

    /// The way with the fewest rows, as far as that is known cheaply; `None` when a way is empty.
    fn choose(&self, knowledge: &mut Knowledge) -> Result<Option<Vec<Leaf>>, StoreError> {
        if knowledge.ways.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        if let Some(way) = self.least(knowledge, self.limits.few_rows)? {
            return Ok(Some(way));
        }
        for deferred in std::mem::take(&mut knowledge.deferred) {
            if let Leaves::These(leaves) = self.resolve(deferred, &mut knowledge.concerning)? {
                knowledge.ways.push(leaves);
            }
        }
        if knowledge.ways.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        if let Some(way) = self.least(knowledge, self.limits.sparse_rows)? {
            return Ok(Some(way));
        }
        Ok(Some(self.dense(knowledge)?))
    }

    /// The way with the fewest rows, if there is one with less than a cap.
    fn least(&self, knowledge: &Knowledge, cap: usize) -> Result<Option<Vec<Leaf>>, StoreError> {
        let mut best = None;
        let mut least = cap;
        let narrow = || knowledge.ways.iter().filter(|way| !matches!(way[..], [Leaf::Type(_)]));
        // One way in order needs no count: whether long or short, it is the one to walk.
        if knowledge.deferred.is_empty()
            && let (Some(way), None) = (narrow().next(), narrow().nth(1))
            && self.walks_in_order(way, knowledge)?
        {
            return Ok(Some(way.clone()));
        }
        let leaves: Vec<&Leaf> = narrow().flatten().collect();
        // What the only way is compared with in the end, when it is not in order.
        let is_far = narrow().nth(1).is_none() && leaves.iter().any(|leaf| !leaf.is_ordered());
        let far = if is_far { cap.max(self.limits.unordered_rows) } else { cap };
        self.snapshot.count_ahead(&leaves, &knowledge.recency, far)?;
        // The one that promises least first: the others are counted no further than it.
        let mut by_promise: Vec<_> = narrow().collect();
        by_promise.sort_by_key(|way| way.first().map_or(0, promise));
        if by_promise.iter().any(|way| way.iter().all(is_pair)) {
            // Rows of the value alone are more than those of it with a code.
            by_promise
                .retain(|way| !way.iter().any(|leaf| matches!(leaf, Leaf::Number(..)) && !is_pair(leaf)));
        }
        for way in by_promise {
            let mut rows = 0;
            for leaf in way {
                rows += self.snapshot.count_up_to(leaf, &knowledge.recency, least - rows)?;
                if rows >= least {
                    break;
                }
            }
            if rows < least {
                least = rows;
                best = Some(way.clone());
            }
        }
        Ok(best)
    }

    /// The way to walk when none is short: in order, so that the walk may end early; else one that can still be
    /// read whole; else the type.
    fn dense(&self, knowledge: &Knowledge) -> Result<Vec<Leaf>, StoreError> {
        let is_short = |way: &&Vec<Leaf>| way.len() <= self.limits.merged_leaves;
        let narrow = knowledge.ways.iter().filter(|way| !matches!(way[..], [Leaf::Type(_)]));
        let mut in_order: Vec<&Vec<Leaf>> = Vec::new();
        for way in narrow.clone().filter(is_short) {
            if self.walks_in_order(way, knowledge)? {
                in_order.push(way);
            }
        }
        if let Some(way) = in_order.into_iter().min_by_key(|way| rank(way)) {
            return Ok(way.clone());
        }
        for way in narrow.filter(is_short) {
            let mut left = self.limits.unordered_rows;
            for leaf in way {
                left -= self.snapshot.count_up_to(leaf, &knowledge.recency, left)?.min(left);
            }
            if left > 0 {
                return Ok(way.clone());
            }
        }
        Ok(knowledge.ways[0].clone())
    }

    /// Whether a way's rows come in the order of answers; few rows that do not are sorted in passing.
    fn walks_in_order(&self, way: &[Leaf], knowledge: &Knowledge) -> Result<bool, StoreError> {
        let few = self.limits.few_rows;
        for leaf in way.iter().filter(|leaf| !leaf.is_ordered()) {
            if self.snapshot.count_up_to(leaf, &knowledge.recency, few)? >= few {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The records of the patients who are referred to, when they are few.
    fn leaves_concerning(&self, patient: TypeId, known: &Referrers) -> Leaves {
        match known.homes() {
            Some(homes) if homes.len() <= self.limits.homes => {
                Leaves::These(homes.into_iter().map(|home| Leaf::Home(patient, home)).collect())
            }
            _ => Leaves::Unknown,
        }
    }

    /// The leaves of a way that costs a search of its own, when what it finds is little.
    fn resolve(
        &self,
        deferred: Access,
        concerning: &mut Option<Rc<Referrers>>,
    ) -> Result<Leaves, StoreError> {
        match deferred {
            Access::Chain { type_id, parameter, targets, inner } => {
                let Some(found) = first_matches(self, &targets, &inner, self.limits.linked)? else {
                    return Ok(Leaves::Unknown);
                };
                let one =
                    |key: &crate::ResourceKey| reference_access(type_id, parameter, (key.type_id, &key.id));
                Ok(leaves_of(found.iter().map(|version| one(&version.key)).collect()))
            }
            Access::Has { type_id, source, parameter, inner } => {
                if type_id.name() == "Patient"
                    && let Some(known) = self.referrers.find(self, source, parameter, &inner)?
                {
                    let leaves = self.leaves_concerning(type_id, &known);
                    *concerning = Some(known);
                    return Ok(leaves);
                }
                let Some(found) = first_matches(self, &[source], &inner, self.limits.linked)? else {
                    return Ok(Leaves::Unknown);
                };
                let mut ids = Vec::new();
                for version in &found {
                    if let Some(document) = version.document()? {
                        let base_url = self.ports.base_url();
                        let targets = references(document, Some(parameter), Some(type_id), base_url);
                        ids.extend(targets.into_iter().map(|(_, id)| id));
                    }
                }
                ids.sort_unstable();
                ids.dedup();
                Ok(Leaves::These(if ids.is_empty() { Vec::new() } else { vec![Leaf::Ids(type_id, ids)] }))
            }
            _ => Ok(Leaves::Unknown),
        }
    }
}

/// Whether a leaf's rows are of a code and a value together.
fn is_pair(leaf: &Leaf) -> bool {
    let Leaf::Number((type_id, code), ..) = leaf else { return false };
    parameter(*type_id, code).is_some_and(|parameter| parameter.kind == ParameterKind::Composite)
}

/// How many rows a leaf is likely to have, as a rank.
fn promise(leaf: &Leaf) -> u8 {
    match leaf {
        Leaf::Ids(..) => 0,
        Leaf::Number(..) if is_pair(leaf) => 1,
        Leaf::Number(..) => 5,
        Leaf::Home(..) => 2,
        Leaf::Token(..) => 3,
        Leaf::Text(..) => 4,
        Leaf::Date(..) => 6,
        Leaf::TypeWithin(..) | Leaf::Type(_) => 7,
    }
}

/// Which of several dense ways in order to walk: a patient's record first, then one token, then several.
fn rank(way: &[Leaf]) -> (usize, bool) {
    (way.len(), !matches!(way, [Leaf::Home(..)]))
}

fn is_group_of(group: &[(search::rows::ParameterKey, i64)], leaves: &[Leaf]) -> bool {
    group.len() == leaves.len()
        && group.iter().all(|(parameter, hash)| leaves.contains(&Leaf::Token(*parameter, *hash)))
}

impl Knowledge {
    /// All documents of a type.
    fn of(type_id: TypeId) -> Self {
        Self {
            recency: i64::MIN..i64::MAX,
            signature: Vec::new(),
            tokens: Vec::new(),
            ways: vec![vec![Leaf::Type(type_id)]],
            deferred: Vec::new(),
            concerning: None,
            principal: None,
        }
    }

    /// What several clauses on the principal date leave together: a short interval must meet each of them, and a
    /// long one has rows, of one parameter or another, by which any of them finds it.
    fn take_principal(&mut self, low_ms: i64, high_ms: i64, rows: &[Access]) {
        let (range, leaves) = self.principal.get_or_insert((i64::MIN..i64::MAX, Vec::new()));
        *range = range.start.max(low_ms)..range.end.min(high_ms);
        for leaf in rows.iter().cloned().filter_map(leaf_of) {
            let is_known =
                |known: &Leaf| matches!((known, &leaf), (Leaf::Date(a, ..), Leaf::Date(b, ..)) if a == b);
            if !leaves.iter().any(is_known) {
                leaves.push(leaf);
            }
        }
    }

    fn take(&mut self, access: Access, limits: &SearchLimits) {
        match access {
            Access::Type { low_ms, high_ms, signature, .. } => {
                self.recency.start = self.recency.start.max(low_ms);
                self.recency.end = self.recency.end.min(high_ms);
                self.take_signature(signature);
            }
            Access::Home { home, type_id, signature } => {
                self.take_signature(signature);
                self.ways.push(vec![Leaf::Home(type_id, home.0)]);
            }
            Access::Chain { .. } | Access::Has { .. } => self.deferred.push(access),
            Access::Union(parts) => {
                if let [Access::Type { low_ms, high_ms, .. }, rows @ ..] = parts.as_slice()
                    && rows.iter().all(|row| matches!(row, Access::Date { .. }))
                {
                    self.take_principal(*low_ms, *high_ms, rows);
                    return;
                }
                if let Some(group) = token_group(&parts, limits) {
                    self.tokens.push(group);
                }
                if let Leaves::These(leaves) = leaves_of(parts) {
                    self.ways.push(leaves);
                }
            }
            other => {
                if let Access::Token { parameter, hash } = &other {
                    self.tokens.push(vec![(*parameter, *hash)]);
                }
                self.ways.extend(leaf_of(other).map(|leaf| vec![leaf]));
            }
        }
    }

    fn take_signature(&mut self, signature: Vec<u32>) {
        if !signature.is_empty() {
            self.signature.push(signature);
        }
    }
}

/// The tokens of a union of few tokens: cheap to look for.
fn token_group(parts: &[Access], limits: &SearchLimits) -> Option<Vec<(search::rows::ParameterKey, i64)>> {
    let token = |part: &Access| match part {
        Access::Token { parameter, hash } => Some((*parameter, *hash)),
        _ => None,
    };
    if parts.is_empty() || parts.len() > limits.probed_tokens {
        return None;
    }
    parts.iter().map(token).collect()
}

/// The leaves of a union, when every part has some.
fn leaves_of(parts: Vec<Access>) -> Leaves {
    let mut leaves: Vec<Leaf> = Vec::new();
    for part in parts {
        match part {
            Access::Union(inner) => match leaves_of(inner) {
                Leaves::These(more) => leaves.extend(more),
                Leaves::Unknown => return Leaves::Unknown,
            },
            part => match leaf_of(part) {
                Some(leaf) => leaves.push(leaf),
                None => return Leaves::Unknown,
            },
        }
    }
    let mut distinct: Vec<Leaf> = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        if !distinct.contains(&leaf) {
            distinct.push(leaf);
        }
    }
    Leaves::These(distinct)
}

fn leaf_of(access: Access) -> Option<Leaf> {
    match access {
        Access::Ids(type_id, ids) => Some(Leaf::Ids(type_id, ids)),
        Access::Home { home, type_id, .. } => Some(Leaf::Home(type_id, home.0)),
        Access::Token { parameter, hash } => Some(Leaf::Token(parameter, hash)),
        Access::Number { parameter, unit, low, high } => Some(Leaf::Number(parameter, unit, low, high)),
        Access::Text { parameter, prefix } => Some(Leaf::Text(parameter, prefix)),
        Access::Date { parameter, low_ms, high_ms } => Some(Leaf::Date(parameter, low_ms, high_ms)),
        Access::Type { .. } | Access::Chain { .. } | Access::Has { .. } | Access::Union(_) => None,
    }
}

/// The conditions that must all hold, one by one.
fn conditions(clauses: &[Clause]) -> Vec<&Clause> {
    let mut flat = Vec::with_capacity(clauses.len());
    for clause in clauses {
        match clause {
            Clause::All(inner) => flat.extend(conditions(inner)),
            other => flat.push(other),
        }
    }
    flat
}
