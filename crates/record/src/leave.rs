//! What an actor may see and do, asked of the policy before anything is touched.

use crate::audit::{self, AuditOutcome, Touched};
use crate::error::Error;
use crate::links::local_key;
use crate::references::StoredReferences;
use crate::resource::Resource;
use crate::session::Session;
use access::{Asker, Denial, DenialCause, Grant, Interaction};
use fhir::Document;
use fhir::schema::{TypeId, schema};
use search::matcher::References;
use search::query::{Clause, Criterion, Query, SortKey, Test};
use search::value::ValueTest;
use search::value::uri::{UriComparison, UriTest};
use store::{ResourceKey, Version};

impl Session {
    /// Asks the policy about resources of a type; a refusal is audited.
    pub(crate) fn authorise(&self, interaction: Interaction, type_id: TypeId) -> Result<Grant, Error> {
        self.leave(interaction, type_id).map_err(|denial| self.refuse(denial))
    }

    /// Asks the policy about everything at once; a refusal is audited.
    pub(crate) fn authorise_all(&self, interaction: Interaction) -> Result<Grant, Error> {
        let decided = self.with_asker(|asker, policy| policy.decide_all(asker, interaction));
        decided.map_err(|denial| self.refuse(denial))
    }

    /// Asks the policy about resources of a type, and leaves no trace.
    pub(crate) fn leave(&self, interaction: Interaction, type_id: TypeId) -> Result<Grant, Denial> {
        self.with_asker(|asker, policy| policy.decide(asker, interaction, type_id))
    }

    fn with_asker<T>(&self, decide: impl FnOnce(&Asker<'_>, &access::Policy) -> T) -> T {
        let now_ms = self.record.now_ms();
        let relations = self.relations();
        let (actor, ports) = (&self.actor, &*self.record.ports);
        decide(&Asker { actor, relations: &relations, ports, now_ms }, &self.record.policy_at(now_ms))
    }

    /// Leave for each type that the actor may do something with; an error when there is none. A search of every type leaves
    /// the audit log out, so it is not among them.
    pub(crate) fn leaves(&self, interaction: Interaction) -> Result<Vec<(TypeId, Grant)>, Error> {
        let types = schema().resources().filter(|type_id| *type_id != audit::audit_event());
        let granted: Vec<_> =
            types.filter_map(|type_id| Some((type_id, self.leave(interaction, type_id).ok()?))).collect();
        if granted.is_empty() {
            self.authorise_all(interaction)?;
        }
        Ok(granted)
    }

    /// Refuses what lies outside a grant.
    pub(crate) fn deny(&self, grant: &Grant) -> Error {
        self.refuse(denial(grant, DenialCause::Role))
    }

    /// Refuses clauses and orders that look at what a grant does not show.
    pub(crate) fn refuse_hidden(
        &self,
        grant: &Grant,
        clauses: &[Clause],
        sort: &[SortKey],
    ) -> Result<(), Error> {
        let (Some(type_id), false) = (grant.type_id(), grant.hidden().is_empty()) else { return Ok(()) };
        let in_clause = clauses.iter().find_map(|clause| grant.hidden_parameter(clause));
        let in_sort = || sort.iter().map(|key| key.code).find(|code| grant.hides(type_id, code));
        match in_clause.or_else(in_sort) {
            Some(code) => Err(self.refuse_parameter(grant, code)),
            None => Ok(()),
        }
    }

    /// Refuses a parameter that looks at what a grant does not show.
    pub(crate) fn refuse_parameter(&self, grant: &Grant, code: &'static str) -> Error {
        self.refuse(denial(grant, DenialCause::Parameter(code)))
    }

    fn refuse(&self, denial: Denial) -> Error {
        let what = denial.type_name.unwrap_or("*");
        let logged = self.audit(denial.interaction, &Touched::default(), what, AuditOutcome::Refused);
        logged.err().unwrap_or(Error::Denied(denial))
    }

    /// Whether what was read lies within the grant.
    pub(crate) fn is_granted(&self, grant: &Grant, version: &Version) -> bool {
        grant.narrowing().is_empty()
            || version.document().ok().flatten().is_some_and(|document| self.holds(grant, document))
    }

    /// Whether a resource as it is now, or was before it was deleted, lies within the grant. What it was earlier is shown to who
    /// may see it now: what bears a label since, or is another patient's since, is not shown as it was before.
    pub(crate) fn is_current_granted(&self, grant: &Grant, key: &ResourceKey) -> Result<bool, Error> {
        if grant.narrowing().is_empty() {
            return Ok(true);
        }
        // A row of the audit log has no other versions.
        let Some(mut current) = self.record.store.read(key)? else { return Ok(true) };
        if current.is_deleted() {
            let before = self.record.store.read_version(key, current.version.saturating_sub(1))?;
            let Some(before) = before else { return Ok(false) };
            current = before;
        }
        Ok(self.is_granted(grant, &current))
    }

    /// Whether a document lies within the grant.
    pub(crate) fn holds(&self, grant: &Grant, document: &Document) -> bool {
        grant.narrowing().iter().all(|clause| self.record.clause_holds(clause, document))
            && (grant.narrowing().is_empty() || self.is_in_context(grant, document))
    }

    /// A Binary is seen by who sees what it is part of: its `securityContext`, or DocumentReferences that lead to it (R4
    /// binary, security context). One that is part of nothing is seen by who sees every Binary.
    fn is_in_context(&self, grant: &Grant, document: &Document) -> bool {
        if grant.type_id().is_none_or(|type_id| type_id.name() != "Binary") {
            return true;
        }
        let root = document.root();
        let context = root.get("securityContext").and_then(|context| context.get_str("reference"));
        let id = root.get_str("id").unwrap_or_default();
        match context {
            Some(reference) => self.sees_reference(&reference),
            None if self.is_led_to(&id, None) => {
                let seen = self.leave(Interaction::Search, document_reference());
                seen.is_ok_and(|grant| self.is_led_to(&id, Some(&grant)))
            }
            None => !grant.needs_context(),
        }
    }

    fn sees_reference(&self, reference: &str) -> bool {
        let key = local_key(reference, self.record.base_url()).filter(|key| key.type_id.name() != "Binary");
        let Some(key) = key else { return false };
        let Ok(grant) = self.leave(Interaction::Read, key.type_id) else { return false };
        let found = StoredReferences(&self.record).resource(key.type_id, &key.id);
        found.is_some_and(|document| self.holds(&grant, &document))
    }

    /// Whether a DocumentReference, within a grant, leads to a Binary.
    fn is_led_to(&self, binary_id: &str, grant: Option<&Grant>) -> bool {
        let relative = format!("Binary/{binary_id}");
        let absolute = format!("{}/{relative}", self.record.base_url());
        let is = |uri| ValueTest::Uri(UriTest { comparison: UriComparison::Is, uri });
        let test = Test::AnyOf(vec![is(relative), is(absolute)]);
        let leads_there = Clause::Parameter(Criterion { code: "location", test });
        let mut query = Query {
            types: vec![document_reference()],
            clauses: vec![leads_there],
            count: 1,
            ..Query::default()
        };
        if let Some(grant) = grant {
            grant.narrow(&mut query);
        }
        self.record.store.search(&query, &*self.record.ports).is_ok_and(|hits| !hits.matches.is_empty())
    }

    /// A version as the actor may see it: without the elements that the grant hides.
    pub(crate) fn shown_under(&self, grant: &Grant, version: Version) -> Resource {
        let version = match grant.hidden().is_empty() {
            true => version,
            false => crate::hidden::without(version, grant.hidden()),
        };
        self.record.resource(version)
    }
}

fn document_reference() -> TypeId {
    schema().resource_named("DocumentReference").expect("a type of the standard")
}

fn denial(grant: &Grant, cause: DenialCause) -> Denial {
    Denial { interaction: grant.interaction(), type_name: grant.type_id().map(TypeId::name), cause }
}
