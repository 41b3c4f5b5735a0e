//! The policy: what each role may do, and the decision over one request.

use crate::consent;
use crate::denial::{Denial, DenialCause};
use crate::grant::Grant;
use crate::interaction::Interaction;
use crate::permission::{Groups, Permission, lines, read_groups};
use crate::record_of::{in_record_of, patient_parameters};
use crate::relations::Asker;
use crate::restriction::{Left, Restriction};
use crate::scope::{Context, Scope};
use crate::unlabelled::Unlabelled;
use fhir::schema::{TypeId, schema};
use search::query::Clause;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What each role may do. Made from tables that an administrator can read and change; see `data/access/README.md`.
#[derive(Clone, Debug)]
pub struct Policy {
    permissions: Vec<Permission>,
    /// The places in `permissions` of those about a type, by role and type.
    about: HashMap<String, HashMap<TypeId, Vec<usize>>>,
    restrictions: Vec<Restriction>,
    unlabelled: Unlabelled,
    /// The labels of all restrictions in which they count for what belongs to who bears them.
    inherited_labels: String,
    /// Types that tell of no patient: a program that was given one patient may have them too.
    beyond_patients: BTreeSet<TypeId>,
}

/// The tables of a policy.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// `groups.tsv`: names for lists of types.
    pub groups: &'a str,
    /// `roles.tsv`: permissions.
    pub roles: &'a str,
    /// `restrictions.tsv`: who sees what bears a label.
    pub restrictions: &'a str,
}

/// The tables that come with the program.
pub const BUILT_IN: Tables<'static> = Tables {
    groups: include_str!("../../../data/access/groups.tsv"),
    roles: include_str!("../../../data/access/roles.tsv"),
    restrictions: include_str!("../../../data/access/restrictions.tsv"),
};

/// Groups whose types tell of no patient.
const BEYOND_PATIENTS: [&str; 2] = ["directory", "definitions"];

impl Default for Policy {
    /// The roles that come with the program.
    fn default() -> Self {
        Self::read(&BUILT_IN).expect("the built-in tables are well-formed")
    }
}

impl Policy {
    /// Reads the tables.
    ///
    /// # Errors
    /// Names the table, the line and what is not understood there.
    pub fn read(tables: &Tables<'_>) -> Result<Self, String> {
        let groups = read_groups(tables.groups).map_err(|error| format!("groups.tsv, {error}"))?;
        let permissions: Result<Vec<Permission>, String> = lines(tables.roles)
            .map(|(number, line)| {
                Permission::parse(line, &groups).map_err(|error| format!("roles.tsv, line {number}: {error}"))
            })
            .collect();
        let restrictions: Result<Vec<Restriction>, String> = lines(tables.restrictions)
            .map(|(number, line)| {
                Restriction::parse(line).map_err(|error| format!("restrictions.tsv, line {number}: {error}"))
            })
            .collect();
        let (permissions, restrictions) = (permissions?, restrictions?);
        let inherited: Vec<&str> = restrictions.iter().filter_map(Restriction::inherited_labels).collect();
        Ok(Self {
            inherited_labels: inherited.join(","),
            about: by_role_and_type(&permissions),
            permissions,
            restrictions,
            unlabelled: Unlabelled::default(),
            beyond_patients: beyond_patients(&groups),
        })
    }

    /// The names of all roles, in order.
    pub fn roles(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.permissions.iter().map(|one| &one.role).collect();
        names.into_iter().cloned().collect()
    }

    /// Decides a request about resources of a type.
    ///
    /// # Errors
    /// The roles, or the scopes, allow it for no resource of the type.
    pub fn decide(
        &self,
        asker: &Asker<'_>,
        interaction: Interaction,
        type_id: TypeId,
    ) -> Result<Grant, Denial> {
        let denial = |cause| Denial { interaction, type_name: Some(type_id.name()), cause };
        let (by_role, hidden) =
            self.by_role(asker, interaction, type_id).ok_or_else(|| denial(DenialCause::Role))?;
        let by_scope =
            self.by_scope(asker, interaction, type_id).ok_or_else(|| denial(DenialCause::Scope))?;
        let is_of_some = by_role.is_some() || by_scope.is_some();
        let mut narrowing: Vec<Arc<Clause>> = by_role.into_iter().chain(by_scope).map(Arc::new).collect();
        narrowing.extend(self.by_labels(asker, type_id));
        let kept = consent::clauses(type_id, asker).ok_or_else(|| denial(DenialCause::Unsettled))?;
        narrowing.extend(kept.into_iter().map(Arc::new));
        let needs_context = is_of_some && type_id.name() == "Binary";
        Ok(Grant { interaction, type_id: Some(type_id), narrowing, hidden, needs_context })
    }

    /// Decides a request that is about everything at once, such as to change settings: only who may do it with every
    /// resource of every type.
    ///
    /// # Errors
    /// The roles, or the scopes, do not allow it.
    pub fn decide_all(&self, asker: &Asker<'_>, interaction: Interaction) -> Result<Grant, Denial> {
        let denial = |cause| Denial { interaction, type_name: None, cause };
        let is_whole = |one: &&Permission| {
            asker.actor.roles.contains(&one.role)
                && one.interactions.contains(interaction)
                && one.types.is_none()
                && one.condition.is_always()
        };
        let has_exception =
            |role: &String| self.permissions.iter().any(|one| one.is_exception && one.role == *role);
        if !self.permissions.iter().filter(is_whole).any(|one| !has_exception(&one.role)) {
            return Err(denial(DenialCause::Role));
        }
        let allows = |scope: &Scope| scope.context() != Context::Patient && scope.allows(interaction, None);
        match &asker.actor.scopes {
            Some(scopes) if !scopes.iter().any(allows) => Err(denial(DenialCause::Scope)),
            _ => Ok(Grant {
                interaction,
                type_id: None,
                narrowing: Vec::new(),
                hidden: Vec::new(),
                needs_context: false,
            }),
        }
    }

    /// The labels of patients and visits that count for what is theirs, as a search by `_security` names them.
    pub fn inherited_labels(&self) -> &str {
        &self.inherited_labels
    }

    /// Whether roles of an actor have anything in an emergency that they do not have otherwise.
    pub fn may_break_glass(&self, actor: &crate::actor::Actor) -> bool {
        let of_actor = |one: &&Permission| actor.roles.contains(&one.role);
        self.permissions.iter().filter(of_actor).any(|one| one.condition.is_of_emergency())
    }

    /// The permissions of roles that are about a type.
    pub(crate) fn permissions_about(
        &self,
        roles: &[String],
        type_id: TypeId,
    ) -> impl Iterator<Item = &Permission> {
        let places = roles.iter().filter_map(move |role| self.about.get(role)?.get(&type_id)).flatten();
        places.map(|place| &self.permissions[*place])
    }

    /// The restrictions that hold for who has these roles, with their places among all.
    pub(crate) fn restrictions_of(&self, roles: &[String]) -> impl Iterator<Item = (usize, &Restriction)> {
        self.restrictions.iter().enumerate().filter(|(_, one)| !one.is_lifted(roles))
    }

    /// What the restrictions leave.
    fn by_labels(&self, asker: &Asker<'_>, type_id: TypeId) -> Vec<Arc<Clause>> {
        let (mut clauses, mut free) = (Vec::new(), Vec::new());
        for (place, restriction) in self.restrictions_of(&asker.actor.roles) {
            match restriction.left(type_id, asker) {
                Left::All => {}
                Left::Free => free.push(place),
                Left::Meeting(clause) => clauses.push(clause),
            }
        }
        clauses.extend(self.unlabelled.clause(&self.restrictions, &free));
        clauses
    }

    /// What the roles leave: a clause when it is not every resource, and the elements that are hidden. `None`: nothing.
    fn by_role(
        &self,
        asker: &Asker<'_>,
        interaction: Interaction,
        type_id: TypeId,
    ) -> Option<(Option<Clause>, Vec<String>)> {
        let mut clauses = Vec::new();
        let mut of_some: Vec<&Permission> = Vec::new();
        let mut of_all: Vec<&Permission> = Vec::new();
        let lines = self.permissions_about(&asker.actor.roles, type_id);
        for line in lines.filter(|line| line.interactions.contains(interaction)) {
            if line.condition.is_always() {
                of_all.push(line);
            } else if let Some(clause) = line.condition.clause(type_id, asker) {
                clauses.push(clause);
                of_some.push(line);
            }
        }
        if let Some(first) = of_all.first() {
            // Permissions add up: hidden is only what each of them hides.
            let is_hidden = |name: &&String| of_all.iter().all(|line| line.hidden.contains(name));
            return Some((None, first.hidden.iter().filter(is_hidden).cloned().collect()));
        }
        let hidden: BTreeSet<&String> = of_some.iter().flat_map(|line| &line.hidden).collect();
        Clause::any_of(clauses).map(|clause| (Some(clause), hidden.into_iter().cloned().collect()))
    }

    /// What the scopes leave: a clause when it is not every resource. `None`: nothing.
    fn by_scope(
        &self,
        asker: &Asker<'_>,
        interaction: Interaction,
        type_id: TypeId,
    ) -> Option<Option<Clause>> {
        let Some(scopes) = &asker.actor.scopes else { return Some(None) };
        let mut clauses = Vec::new();
        for scope in scopes.iter().filter(|scope| scope.allows(interaction, Some(type_id))) {
            let mut conditions = scope.clauses().to_vec();
            if scope.context() == Context::Patient {
                match self.of_launch(asker, interaction, type_id) {
                    Some(clause) => conditions.extend(clause),
                    None => continue,
                }
            }
            if conditions.is_empty() {
                return Some(None);
            }
            clauses.push(if conditions.len() == 1 { conditions.remove(0) } else { Clause::All(conditions) });
        }
        Clause::any_of(clauses).map(Some)
    }

    /// What a program may have by its patient in context: their record, and to look at what tells of no patient. `None`:
    /// nothing of the type.
    fn of_launch(
        &self,
        asker: &Asker<'_>,
        interaction: Interaction,
        type_id: TypeId,
    ) -> Option<Option<Clause>> {
        let patient = asker.actor.patient.as_deref()?;
        if let Some(clause) = in_record_of(type_id, patient) {
            return Some(Some(clause));
        }
        let looks = matches!(interaction, Interaction::Read | Interaction::Search);
        (looks && self.beyond_patients.contains(&type_id)).then_some(None)
    }
}

fn by_role_and_type(permissions: &[Permission]) -> HashMap<String, HashMap<TypeId, Vec<usize>>> {
    let mut about: HashMap<String, HashMap<TypeId, Vec<usize>>> = HashMap::new();
    for type_id in schema().resources() {
        for (place, one) in permissions.iter().enumerate().filter(|(_, one)| one.is_about(type_id)) {
            let excepts =
                |other: &Permission| other.is_exception && other.role == one.role && other.is_about(type_id);
            if !permissions.iter().any(excepts) {
                about.entry(one.role.clone()).or_default().entry(type_id).or_default().push(place);
            }
        }
    }
    about
}

fn beyond_patients(groups: &Groups) -> BTreeSet<TypeId> {
    let types = BEYOND_PATIENTS.iter().filter_map(|name| groups.get(*name)).flatten().copied();
    // A practice may put into a group what it likes; what has a patient stays theirs.
    types.filter(|type_id| patient_parameters(*type_id).is_empty()).collect()
}
