//! Whether a clause holds for a resource: the one place that knows what a search parameter means.

use crate::compartment;
use crate::parameter::{Parameter, parameter};
use crate::path::Leaf;
use crate::query::{Clause, Criterion, Test};
use crate::value::ValueTest;
use crate::value::reference::target;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Node};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What lies behind references: the store's part in a match.
pub trait References {
    /// The current version of a resource; `None` when there is none.
    fn resource(&self, type_id: TypeId, id: &str) -> Option<Arc<Document>>;

    /// True when a resource of `source` refers by `parameter` to the target and the clause holds for it.
    fn referred_to_by(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> bool;

    /// When the version at hand of a resource was written, in milliseconds since 1970, for `_lastUpdated`. `None`: as
    /// its `meta.lastUpdated` says.
    fn updated_ms(&self, _type_id: TypeId, _id: &str) -> Option<i64> {
        None
    }
}

/// What lies outside the data: terminology, the server's own address and place.
pub trait Ports: Send + Sync {
    /// The server's base URL, without a slash at the end: references to it are local.
    fn base_url(&self) -> &str;

    /// Whether a code is in a value set; without a system, whether the code is in it with any. `None` when the value set
    /// is not known.
    fn value_set_contains(&self, _value_set: &str, _system: Option<&str>, _code: &str) -> Option<bool> {
        None
    }

    /// True when the value set is known and can be asked.
    fn knows_value_set(&self, _value_set: &str) -> bool {
        false
    }

    /// The codes of a value set when there are at most `limit`; `None` when there are more or it is not known.
    fn value_set_codes(&self, _value_set: &str, _limit: usize) -> Option<Vec<String>> {
        None
    }

    /// Whether one code subsumes another; `None` when the system has no hierarchy or is not known.
    fn subsumes(&self, _system: &str, _ancestor: &str, _code: &str) -> Option<bool> {
        None
    }

    /// Minutes east of UTC where dates without an offset belong, at a local time given in milliseconds as if it were
    /// UTC.
    fn offset_minutes(&self, _local_ms: i64) -> i32 {
        0
    }

    /// The least and the greatest that [`Ports::offset_minutes`] ever gives. The index has such dates as if they were UTC,
    /// so candidates are looked at that lie so far outside of what is asked for.
    fn offsets_minutes(&self) -> RangeInclusive<i32> {
        EVERY_OFFSET_MINUTES
    }
}

/// How far places on earth may be from UTC.
const EVERY_OFFSET_MINUTES: RangeInclusive<i32> = -14 * 60..=14 * 60;

/// Nothing of the world at hand: no terminology, and no address of a server. For what depends on neither.
pub struct NoPorts;

impl Ports for NoPorts {
    fn base_url(&self) -> &'static str {
        ""
    }
}

/// No references at hand: chains do not hold.
pub struct NoReferences;

impl References for NoReferences {
    fn resource(&self, _: TypeId, _: &str) -> Option<Arc<Document>> {
        None
    }

    fn referred_to_by(&self, _: TypeId, _: &'static str, _: (TypeId, &str), _: &Clause) -> bool {
        false
    }
}

/// Whether the clause holds for the resource.
pub fn matches(clause: &Clause, document: &Document, references: &dyn References, ports: &dyn Ports) -> bool {
    match Subject::new(document, references, ports) {
        Some(subject) => subject.meets(clause),
        None => false,
    }
}

/// True when the resource refers by a parameter to a resource of this server.
pub fn refers_to(document: &Document, code: &str, wanted: (TypeId, &str), ports: &dyn Ports) -> bool {
    let Some((type_id, parameter)) = type_of(document).and_then(|id| Some((id, parameter(id, code)?))) else {
        return false;
    };
    debug_assert!(type_id.is_resource());
    let root = document.root();
    parameter.program.find(root, root, &mut |node, leaf| {
        target(node, leaf).is_some_and(|target| target.local(ports.base_url()) == Some(wanted))
    })
}

/// The type of a resource.
pub(crate) fn type_of(document: &Document) -> Option<TypeId> {
    schema().resource_named(&document.resource_type()?)
}

/// A resource with what is asked about it.
struct Subject<'a> {
    root: Node<'a>,
    type_id: TypeId,
    references: &'a dyn References,
    ports: &'a dyn Ports,
}

impl<'a> Subject<'a> {
    fn new(document: &'a Document, references: &'a dyn References, ports: &'a dyn Ports) -> Option<Self> {
        Some(Self { root: document.root(), type_id: type_of(document)?, references, ports })
    }

    fn meets(&self, clause: &Clause) -> bool {
        match clause {
            Clause::All(clauses) => clauses.iter().all(|clause| self.meets(clause)),
            Clause::Any(clauses) => clauses.iter().any(|clause| self.meets(clause)),
            Clause::Not(clause) => !self.meets(clause),
            Clause::Parameter(criterion) => self.meets_criterion(criterion),
            Clause::Chain { parameter, targets, inner } => self.leads_to(parameter, targets, inner),
            Clause::Has { source, parameter, inner } => self.root.get_str("id").is_some_and(|id| {
                self.references.referred_to_by(*source, parameter, (self.type_id, &id), inner)
            }),
            Clause::OfType { type_id, inner } => self.type_id == *type_id && self.meets(inner),
            Clause::InCompartment { compartment, id } => {
                compartment::compartment_clause(*compartment, id, self.type_id)
                    .is_some_and(|clause| self.meets(&clause))
            }
            Clause::Never => false,
        }
    }

    fn leads_to(&self, code: &str, targets: &[TypeId], inner: &Clause) -> bool {
        let Some(parameter) = parameter(self.type_id, code) else { return false };
        parameter.program.find(self.root, self.root, &mut |node, leaf| {
            let Some(target) = target(node, leaf) else { return false };
            let Some((type_id, id)) = target.local(self.ports.base_url()) else { return false };
            (targets.is_empty() || targets.contains(&type_id))
                && self
                    .references
                    .resource(type_id, id)
                    .is_some_and(|document| matches(inner, &document, self.references, self.ports))
        })
    }

    fn meets_criterion(&self, criterion: &Criterion) -> bool {
        let Some(parameter) = parameter(self.type_id, criterion.code) else {
            return false;
        };
        match &criterion.test {
            Test::Missing(missing) => self.has_value(parameter) != *missing,
            Test::AnyOf(tests) => tests.iter().any(|test| self.meets_test(parameter, test)),
        }
    }

    fn has_value(&self, parameter: &Parameter) -> bool {
        self.written_ms(parameter).is_some() || parameter.program.find(self.root, self.root, &mut |_, _| true)
    }

    /// The time of the version, for `_lastUpdated`.
    fn written_ms(&self, parameter: &Parameter) -> Option<i64> {
        if parameter.code != "_lastUpdated" {
            return None;
        }
        self.references.updated_ms(self.type_id, &self.root.get_str("id")?)
    }

    fn meets_test(&self, parameter: &Parameter, test: &ValueTest) -> bool {
        match test {
            ValueTest::Words(test) => test.holds(self.root),
            ValueTest::Composite(parts) => parameter.program.find(self.root, self.root, &mut |node, _| {
                parts.len() == parameter.components.len()
                    && parts.iter().zip(&parameter.components).all(|(part, component)| {
                        component
                            .program
                            .find(self.root, node, &mut |node, leaf| self.value_holds(part, node, leaf))
                    })
            }),
            ValueTest::Date(test) if parameter.code == "_lastUpdated" => match self.written_ms(parameter) {
                Some(ms) => test.holds_for(crate::value::date::DateRange { low_ms: ms, high_ms: ms + 1 }),
                None => self.any_value(parameter, &ValueTest::Date(*test)),
            },
            _ => self.any_value(parameter, test),
        }
    }

    fn any_value(&self, parameter: &Parameter, test: &ValueTest) -> bool {
        parameter.program.find(self.root, self.root, &mut |node, leaf| self.value_holds(test, node, leaf))
    }

    fn value_holds(&self, test: &ValueTest, node: Node<'_>, leaf: Leaf) -> bool {
        test.holds(node, leaf, self.ports)
    }
}
